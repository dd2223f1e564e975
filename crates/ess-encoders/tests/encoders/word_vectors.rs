//! Word vectors of every format, and the encoders of them, against gensim; and files that are torn, altered and forged.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use ess_core::{Embeddings, ItemEncoder, QueryEncoder};
use ess_encoders::{Error, StaticEncoder, WordVectors, WordsConfig};
use ess_testing::{
    Scratch,
    damage::{mutations, rounds},
    encoder::{item_encoder_conforms, query_encoder_conforms},
};
use serde::Deserialize;

const FILES: [&str; 5] = ["glove.txt", "word2vec.txt", "word2vec.bin", "fasttext.vec", "fasttext.bin"];

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    word2vec: BTreeMap<String, Vec<f32>>,
    fasttext: BTreeMap<String, Vec<f32>>,
    fasttext_counts: Vec<u64>,
    mean: Vec<Vec<f32>>,
    sif: Vec<Vec<f32>>,
    sif_removed: Vec<Vec<f32>>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn file(name: &str) -> PathBuf {
    folder().join("words").join(name)
}

fn golden() -> Golden {
    serde_json::from_str(&std::fs::read_to_string(folder().join("words.json")).unwrap()).unwrap()
}

#[track_caller]
fn near(found: &Embeddings, expected: &[Vec<f32>], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.rows().zip(expected) {
        let difference = found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
        assert!(difference <= tolerance, "{difference}: {found:?} {expected:?}");
    }
}

#[test]
fn every_format_has_the_words_and_vectors_that_gensim_reads() {
    let golden = golden();
    for (name, expected) in FILES.into_iter().zip([
        &golden.word2vec,
        &golden.word2vec,
        &golden.word2vec,
        &golden.fasttext,
        &golden.fasttext,
    ]) {
        let words = WordVectors::open(file(name)).unwrap();
        assert_eq!(words.len(), expected.len(), "{name}");
        for (word, expected) in expected {
            let found = words.vector(word).unwrap_or_else(|| panic!("{name} has no {word:?}"));
            assert_eq!(found.len(), words.dim());
            let difference = found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
            assert!(difference < 1e-6, "{name}: {word}: {difference}");
        }
        assert!(words.vector("unheard of").is_none());
        for count in [1, 3, usize::MAX] {
            let few = WordVectors::open_first(file(name), count).unwrap();
            assert_eq!(few.words(), &words.words()[..count.min(words.len())], "{name}");
            let last = few.words().last().unwrap();
            assert_eq!(few.vector(last), words.vector(last), "{name}");
            assert_eq!(few.counts(), words.counts().map(|counts| &counts[..few.len()]), "{name}");
        }
    }
    let words = WordVectors::open(file("fasttext.bin")).unwrap();
    assert_eq!(words.counts().unwrap(), golden.fasttext_counts);
    let first = words.first(3);
    assert_eq!((first.len(), first.counts().unwrap().len()), (3, 3));
    assert!(first.vector("tuesday").is_none());
}

#[test]
fn sif_weights_and_the_removed_component_are_those_of_the_paper() {
    let golden = golden();
    let texts: Vec<&str> = golden.texts.iter().map(String::as_str).collect();
    let encoder = |config: WordsConfig| {
        StaticEncoder::from_words(WordVectors::open(file("word2vec.bin")).unwrap(), &config, &texts).unwrap()
    };
    let plain = encoder(WordsConfig::default());
    near(&plain.encode_items(&texts).unwrap(), &golden.mean, 1e-6);
    let weighted = WordsConfig { sif: Some(1e-3), ..WordsConfig::default() };
    near(&encoder(weighted.clone()).encode_items(&texts).unwrap(), &golden.sif, 1e-6);
    let removed = encoder(WordsConfig { remove_component: true, ..weighted.clone() });
    let found = removed.encode_items(&texts).unwrap();
    near(&found, &golden.sif_removed, 1e-6);
    query_encoder_conforms(&removed, &["the cat", "stocks fell"], 0.0);
    item_encoder_conforms(&removed, &["the cat", "stocks fell"], 0.0);
    // Saved and read as any other static encoder.
    let saved = tempfile::tempdir().unwrap();
    removed.save(saved.path()).unwrap();
    assert!(StaticEncoder::is_folder(saved.path()));
    let read = StaticEncoder::load(saved.path()).unwrap();
    assert_eq!(read.encode_queries(&texts).unwrap(), found);
    let unit = encoder(WordsConfig { normalize: true, ..weighted }).encode_items(&["the cat"]).unwrap();
    assert!((unit.row(0).iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-6);
}

#[test]
fn without_a_sample_frequent_words_weigh_less_by_their_place_or_by_the_files_counts() {
    let config = WordsConfig { sif: Some(1e-3), ..WordsConfig::default() };
    for name in FILES {
        let plain = WordVectors::open(file(name)).unwrap();
        let (frequent, rare) = (plain.words()[0].clone(), plain.words().last().unwrap().clone());
        let raw = [&frequent, &rare].map(|word| plain.vector(word).unwrap().to_vec());
        let encoder = StaticEncoder::from_words(plain, &config, &[]).unwrap();
        let rows = encoder.encode_items(&[&frequent, &rare]).unwrap();
        let ratio = |row: usize| rows.row(row)[0] / raw[row][0];
        assert!(ratio(0) < ratio(1) && ratio(1) < 1.0, "{name}: {} {}", ratio(0), ratio(1));
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let open = || WordVectors::open(file("glove.txt")).unwrap();
    for config in [
        WordsConfig { sif: Some(0.0), ..WordsConfig::default() },
        WordsConfig { sif: Some(f64::NAN), ..WordsConfig::default() },
        WordsConfig { remove_component: true, ..WordsConfig::default() },
    ] {
        let refused = StaticEncoder::from_words(open(), &config, &[]).map(drop);
        assert!(matches!(refused, Err(Error::Core(ess_core::Error::InvalidParameter { .. }))), "{config:?}");
    }
    assert!(serde_json::from_str::<WordsConfig>(r#"{"sift": 1}"#).is_err());
}

#[test]
fn texts_are_turned_to_lower_case_where_no_word_has_upper_case() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words");
    let row = |content: &str, text: &str| {
        std::fs::write(&path, content).unwrap();
        let words = WordVectors::open(&path).unwrap();
        let encoder = StaticEncoder::from_words(words, &WordsConfig::default(), &[]).unwrap();
        encoder.encode_items(&[text]).unwrap().row(0).to_vec()
    };
    assert_eq!(row("cat 1 2\n[UNK] 5 5", "cat, unheard"), [1.0, 2.0]);
    assert_eq!(row("cat 1 2\ndog 3 4", "CAT, unheard"), [1.0, 2.0]);
    assert_eq!(row("cat 1 2\nCat 3 4", "Cat CAT"), [3.0, 4.0]);
    // A word with a space in it, one twice, and what is not UTF-8.
    assert_eq!(row("cat 1 2\nnew york 3 4\ncat 9 9\n", "cat"), [1.0, 2.0]);
    std::fs::write(&path, b"cat 1 2\nc\xff 3 4\n").unwrap();
    assert_eq!(WordVectors::open(&path).unwrap().vector("c\u{fffd}").unwrap(), [3.0, 4.0]);
}

#[test]
fn counts_that_a_file_cannot_hold_are_refused_before_memory_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words");
    let fast_text = std::fs::read(file("fasttext.bin")).unwrap();
    let with = |at: usize, bytes: &[u8]| {
        let mut altered = fast_text.clone();
        altered[at..at + bytes.len()].copy_from_slice(bytes);
        altered
    };
    let huge = i32::MAX.to_le_bytes();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "a word"),
        (b"\n\n".to_vec(), "a word"),
        (b"cat\n".to_vec(), "components"),
        (b"cat 1 2\ndog 1\n".to_vec(), "line 2"),
        (b"cat 1 2\ndog 1 NaN\n".to_vec(), "line 2"),
        (b"cat 1 2\ndog 1 x\n".to_vec(), "line 2"),
        (b"cat 1 2\n 3 4\n".to_vec(), "line 2"),
        (b"3 2\ncat 1 2\n".to_vec(), "3 words"),
        (b"0 2\n".to_vec(), "0 words"),
        (b"1 0\ncat\n".to_vec(), "0 components"),
        (b"99999999999 300\ncat \x00\x01\x02\x03\n".to_vec(), "99999999999 words"),
        (b"1 99999999999\ncat 1 2\n".to_vec(), "components"),
        (b"18446744073709551615 65536\ncat \xff\xfe\x01\x02 ".to_vec(), "words"),
        (with(4, &11_i32.to_le_bytes()), "version"),
        (with(8, &huge), "dim"),
        (with(8, &(-1_i32).to_le_bytes()), "dim"),
        (with(8, &0_i32.to_le_bytes()), "dim"),
        (with(8, &9_i32.to_le_bytes()), "size of the matrix"),
        (with(40, &huge), "matrix"),
        (with(64, &huge), "dictionary"),
        (with(68, &huge), "dictionary"),
        (with(84, &7_i64.to_le_bytes()), "pruned"),
    ];
    for (content, said) in cases {
        std::fs::write(&path, &content).unwrap();
        let error = WordVectors::open(&path).map(drop).unwrap_err();
        assert!(matches!(error, Error::WordVectors { .. }), "{error:?}");
        assert!(error.to_string().contains(said), "{said:?} is not in {error}");
    }
    std::fs::write(&path, "x".repeat(3 << 20)).unwrap();
    assert!(WordVectors::open(&path).map(drop).unwrap_err().to_string().contains("at most"));
    assert!(matches!(WordVectors::open(folder.path().join("none")), Err(Error::Io { .. })));
}

#[test]
fn counts_whose_sum_no_integer_holds_are_weights_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words");
    let mut bytes = std::fs::read(file("fasttext.bin")).unwrap();
    let counts = WordVectors::open(file("fasttext.bin")).unwrap().counts().unwrap().to_vec();
    let mut forged = 0;
    for (word, count) in golden_words().iter().zip(counts).take(3) {
        let entry = [word.as_bytes(), &[0], &(count as i64).to_le_bytes()].concat();
        let at = bytes.windows(entry.len()).position(|window| window == entry).unwrap();
        bytes[at + word.len() + 1..][..8].copy_from_slice(&i64::MAX.to_le_bytes());
        forged += 1;
    }
    assert_eq!(forged, 3);
    std::fs::write(&path, bytes).unwrap();
    let words = WordVectors::open(&path).unwrap();
    let config = WordsConfig { sif: Some(1e-3), ..WordsConfig::default() };
    let frequent = words.words()[0].clone();
    let raw = words.vector(&frequent).unwrap().to_vec();
    let row = StaticEncoder::from_words(words, &config, &[]).unwrap().encode_items(&[&frequent]).unwrap();
    // Each of the three has a third of all words.
    let weight = row.row(0)[0] / raw[0];
    assert!((weight - 1e-3 / (1e-3 + 1.0 / 3.0)).abs() < 1e-5, "{weight}");
}

fn golden_words() -> Vec<String> {
    WordVectors::open(file("fasttext.bin")).unwrap().words().to_vec()
}

#[test]
fn vectors_too_long_for_a_principal_component_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words");
    std::fs::write(&path, format!("cat{}\n", " 1".repeat(4097))).unwrap();
    let config = WordsConfig { remove_component: true, ..WordsConfig::default() };
    let refused = StaticEncoder::from_words(WordVectors::open(&path).unwrap(), &config, &["cat"]).map(drop);
    let error = refused.unwrap_err();
    assert!(
        matches!(error, Error::Core(ess_core::Error::InvalidParameter { name: "remove_component", .. })),
        "{error:?}"
    );
    assert!(error.to_string().contains("4097"), "{error}");
}

#[test]
fn a_binary_file_that_is_cut_anywhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words");
    for name in ["word2vec.bin", "fasttext.bin"] {
        let whole = std::fs::read(file(name)).unwrap();
        // The counts by themselves are a text with a word and a number.
        for length in (6..whole.len() - 1).step_by(if name == "word2vec.bin" { 1 } else { 7 }) {
            std::fs::write(&path, &whole[..length]).unwrap();
            let read = WordVectors::open(&path);
            // Of fastText's file the words' half is enough.
            let rest = name == "fasttext.bin" && read.is_ok();
            assert!(rest || matches!(read, Err(Error::WordVectors { .. })), "{name}, {length}");
        }
    }
}

#[test]
fn no_damaged_file_panics_or_gives_what_is_no_vector() {
    let folder = Scratch::new();
    let path = folder.path().join("words");
    let rounds = rounds(2000);
    for (seed, name) in FILES.into_iter().enumerate() {
        let good = std::fs::read(file(name)).unwrap();
        let (mut tried, mut encoded) = (0, 0);
        for bytes in mutations(&good, seed as u64, rounds).filter(|bytes| *bytes != good) {
            tried += 1;
            std::fs::write(&path, &bytes).unwrap();
            let words = match WordVectors::open(&path) {
                Ok(words) => words,
                Err(Error::WordVectors { .. }) => continue,
                Err(error) => panic!("{name}: {error:?}"),
            };
            let config = WordsConfig { sif: (tried % 2 == 0).then_some(1e-3), ..WordsConfig::default() };
            // Two components at the end of their range have a sum that is none, which is refused.
            let Ok(found) =
                StaticEncoder::from_words(words, &config, &[]).unwrap().encode_items(&["the cat"])
            else {
                continue;
            };
            encoded += 1;
            assert!(found.row(0).iter().all(|component| component.is_finite()), "{name}");
        }
        println!("{name}: {tried} damaged files, {encoded} of which encode");
        assert!(encoded > 0 && encoded < tried, "{name}: {encoded} of {tried} damaged files encode");
    }
}
