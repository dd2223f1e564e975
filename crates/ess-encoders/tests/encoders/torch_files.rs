//! Weights as `torch.save` writes them: see golden/make_torch_files.py.

use std::path::{Path, PathBuf};

use crate::folder::Folder;
use ess_core::{Embeddings, ItemEncoder};
use ess_encoders::{Error, SentenceEncoder};
use ess_testing::damage::{mutations, rounds};

const TEXTS: [&str; 3] = ["the cat sat", "", "what reduces the risk"];

fn torch(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/torch").join(file)
}

fn bytes(file: &str) -> Vec<u8> {
    std::fs::read(torch(file)).unwrap()
}

/// The small BERT with its weights in another file.
fn with(file: &str, bytes: &[u8]) -> Folder {
    Folder::new("bert").remove("model.safetensors").write(file, bytes)
}

fn vectors(folder: &Folder) -> Embeddings {
    folder.load().unwrap().encode_items(&TEXTS).unwrap()
}

#[test]
fn both_formats_give_the_vectors_of_safetensors_to_the_bit() {
    let expected = vectors(&Folder::new("bert"));
    for file in ["zip.bin", "legacy.bin"] {
        assert_eq!(vectors(&with("pytorch_model.bin", &bytes(file))), expected, "{file}");
    }
}

#[test]
fn shards_in_half_precision_by_a_later_protocol() {
    let expected = vectors(&Folder::new("bert"));
    let mut folder = Folder::new("bert").remove("model.safetensors");
    for entry in std::fs::read_dir(torch("shards")).unwrap() {
        let path = entry.unwrap().path();
        folder = folder.write(path.file_name().unwrap().to_str().unwrap(), &std::fs::read(&path).unwrap());
    }
    let found = vectors(&folder);
    let furthest =
        found.rows().zip(expected.rows()).flat_map(|(f, e)| f.iter().zip(e).map(|(f, e)| (f - e).abs()));
    let furthest = furthest.fold(0.0, f32::max);
    assert!(furthest > 0.0 && furthest < 0.02, "{furthest}");
    let error = folder.remove("pytorch_model-00002-of-00002.bin").error();
    assert!(
        matches!(&error, Error::Io { path, .. } if path.ends_with("pytorch_model-00002-of-00002.bin")),
        "{error}"
    );
}

#[test]
fn safetensors_come_first() {
    let folder = Folder::new("bert").write("pytorch_model.bin", b"no weights at all");
    assert_eq!(vectors(&folder), vectors(&Folder::new("bert")));
}

#[test]
fn a_program_that_would_run_something_is_refused_by_name() {
    let programs: [(&[u8], &str); 6] = [
        (b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.", "os.system"),
        (b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.", "builtins.eval"),
        (b"\x80\x02ctorch\nload\n)R.", "torch.load"),
        (b"\x80\x02ccollections\nOrderedDict\n)\x81.", "0x81"),
        (b"\x80\x02(ios\nsystem\n.", "0x69"),
        (b"\x80\x02ctorch\nFloatStorage\n)R.", "a call of"),
    ];
    for (program, named) in programs {
        for whole in [legacy(program), zip(program)] {
            let error = with("pytorch_model.bin", &whole).error();
            assert!(
                matches!(&error, Error::Pickle { found, .. } if found.contains(named)),
                "{named}: {error}"
            );
        }
    }
}

/// The program in the place of a state's.
fn legacy(program: &[u8]) -> Vec<u8> {
    const BEFORE: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}X\x0d\0\0\0little_endian\x88s.";
    [BEFORE, program, b"\x80\x02]."].concat()
}

/// The program as the one entry of an archive.
fn zip(program: &[u8]) -> Vec<u8> {
    let size = (program.len() as u32).to_le_bytes();
    let name = b"model/data.pkl";
    let sizes = [&[0; 4][..], &size, &size, &(name.len() as u16).to_le_bytes(), &[0; 2]].concat();
    let local = [b"PK\x03\x04\0\0\0\0\0\0\0\0\0\0", &sizes[..], name, program].concat();
    let listed = [b"PK\x01\x02\0\0\0\0\0\0\0\0\0\0\0\0", &sizes[..], &[0; 14], name].concat();
    let end = [
        b"PK\x05\x06\0\0\0\0\x01\0\x01\0",
        &(listed.len() as u32).to_le_bytes()[..],
        &(local.len() as u32).to_le_bytes(),
        &[0; 2],
    ];
    [&local[..], &listed, &end.concat()].concat()
}

#[test]
fn programs_that_ask_for_more_than_there_is_end_soon() {
    let nested = [&b"\x80\x02)"[..], &b"\x85".repeat(1 << 20), b"."].concat();
    let marks = [&b"\x80\x02"[..], &b"(".repeat(5 << 20), b"."].concat();
    let many = [&b"\x80\x02"[..], &b"]".repeat(5 << 20), b"."].concat();
    let doubled = [&b"\x80\x02]q\0"[..], &b"h\0h\0h\0\x87q\0".repeat(1000), b"."].concat();
    let text = b"\x80\x02X\xff\xff\xff\xffabc.".to_vec();
    let long_text = b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc.".to_vec();
    for program in [
        nested,
        marks,
        many,
        doubled,
        text,
        long_text,
        b"\x80\x02h\0.".to_vec(),
        b"(((((t.".to_vec(),
        b".".to_vec(),
    ] {
        for whole in [legacy(&program), zip(&program)] {
            let error = with("pytorch_model.bin", &whole).error();
            assert!(matches!(&error, Error::MalformedWeights { .. }), "{error}");
        }
    }
}

/// Damaged forms of each of the two parts of each of the two files: ten thousand in all.
const ROUNDS: usize = 2500;

/// Damaged forms of a part of a file.
fn damaged(good: &[u8], part: std::ops::Range<usize>, seed: u64) -> impl Iterator<Item = Vec<u8>> {
    let whole = good.to_vec();
    mutations(&good[part.clone()], seed, rounds(ROUNDS))
        .map(move |bytes| [&whole[..part.start], &bytes, &whole[part.end..]].concat())
}

fn refused(file: &str, contents: impl Iterator<Item = Vec<u8>>) -> usize {
    let folder = with("pytorch_model.bin", b"");
    let mut refused = 0;
    for (round, bytes) in contents.enumerate() {
        std::fs::write(folder.path("pytorch_model.bin"), &bytes).unwrap();
        let result = std::panic::catch_unwind(|| SentenceEncoder::load(folder.root()).map(drop));
        refused += usize::from(result.unwrap_or_else(|_| panic!("{file}, round {round}: panicked")).is_err());
    }
    refused
}

/// The parts that are no numbers: the program and the archive's list. Some are read all the same, or nothing behind the first
/// check was tried.
fn no_damage_panics_hangs_or_takes_all_memory(file: &str, seed: u64) {
    let good = bytes(file);
    let end = good.len();
    for (part, range) in [0..6000, end - 4000..end].into_iter().enumerate() {
        let refused = refused(file, damaged(&good, range, seed + part as u64));
        println!("{file}, part {part}: {refused} of {} are refused", rounds(ROUNDS));
        assert!((1..rounds(ROUNDS)).contains(&refused), "{file}, part {part}: {refused} are refused");
    }
    let cut = (0..end).step_by(end / 150).map(|length| good[..length].to_vec());
    assert_eq!(refused(file, cut), end.div_ceil(end / 150), "{file}: a part was taken for the whole");
}

#[test]
fn no_damaged_archive_panics_hangs_or_takes_all_memory() {
    no_damage_panics_hangs_or_takes_all_memory("zip.bin", 0);
}

#[test]
fn no_damaged_file_of_the_older_format_panics_hangs_or_takes_all_memory() {
    no_damage_panics_hangs_or_takes_all_memory("legacy.bin", 2);
}

#[test]
fn a_tensor_of_numbers_that_are_no_weights_or_of_another_shape_is_named() {
    let folder = with("pytorch_model.bin", &bytes("zip.bin"))
        .edit("config.json", |config| config["intermediate_size"] = 31.into());
    assert!(matches!(folder.error(), Error::TensorShape { .. }));
    let missing = with("pytorch_model.bin", &bytes("zip.bin"))
        .edit("config.json", |config| config["num_hidden_layers"] = 3.into());
    assert!(matches!(missing.error(), Error::MissingTensor { .. }));
    // The class of one storage, of the same length, in both places where it is named.
    let good = bytes("zip.bin");
    let at = good.windows(12).position(|window| window == b"FloatStorage").unwrap();
    let mut shorts = good.clone();
    shorts[at..at + 12].copy_from_slice(b"ShortStorage");
    assert!(matches!(with("pytorch_model.bin", &shorts).error(), Error::TensorType { .. }));
}
