//! Every reader on damaged files: ten thousand seeded mutations of good ones for each, a million with `ESS_NIGHTLY=1`.
//!
//! Checksums are repaired, so that what is behind them is reached. No mutation may panic, hang or take memory without
//! bound, and what is read all the same must come back when it is written and read again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "with --nocapture the tests say how many they tried")]

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use ess_core::{CalibratedLink, Embeddings, Ids, IsotonicLink, Link, Sigmoid, TokenStates};
use ess_data::{
    Dtype, EmbeddingStore, Error, Item, MappedStore, NpyMatrix, Provenance, QrelsFormat, Query, read_ids,
    read_link, read_qrels, read_records, read_run, write_ids, write_link, write_npy, write_qrels,
    write_records, write_run, write_store, write_token_store,
};
use ess_files::{Checksum, seal_json, unseal_json};
use ess_testing::{Scratch, damage};
use flate2::{Compression, write::GzEncoder};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Damaged files of each reader.
const ROUNDS: usize = 10_000;

/// What readers look for, and numbers at the edges.
const PIECES: [&[u8]; 26] = [
    b"[",
    b"]",
    b"{",
    b"}",
    b"\"",
    b",",
    b":",
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b"#",
    b"\0",
    b"\xff",
    b"\\u0000",
    b"\xef\xbb\xbf",
    b"0",
    b"-1",
    b"99999999999999999999",
    b"18446744073709551615",
    b"4294967296",
    b"NaN",
    b"1e999",
    b"null",
    b"\x1f\x8b",
    b"L",
];

/// Writes damaged forms of good files, one after the other, for a reader that says whether it took them; half of them have a
/// piece put in as well. `repair` puts right what would hide the rest. A reader that takes none of them was not asked for what
/// is behind its first check, and one that takes all looks at nothing.
fn mutations(
    name: &str,
    seed: u64,
    good: &[Vec<u8>],
    repair: impl Fn(&mut Vec<u8>),
    read: impl Fn(&Path) -> bool,
) {
    let (_folder, path) = scratch();
    let before = most_memory();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let rounds = damage::rounds(ROUNDS).div_ceil(good.len());
    let mut taken = 0;
    for (file, good) in good.iter().enumerate() {
        let mut whole = good.clone();
        repair(&mut whole);
        std::fs::write(&path, whole).unwrap();
        assert!(read(&path), "{name}: good file {file} is refused");
        for (round, mut bytes) in damage::mutations(good, seed, rounds).enumerate() {
            if round % 2 == 1 {
                let at = rng.random_range(0..=bytes.len());
                bytes.splice(at..at, PIECES[rng.random_range(0..PIECES.len())].iter().copied());
            }
            repair(&mut bytes);
            // A new file each time: the old one may be mapped.
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, &bytes).unwrap();
            taken += usize::from(read(&path));
        }
    }
    let all = rounds * good.len();
    println!("{name}: {all} damaged files, {taken} of which are read");
    assert!(taken > 0 && taken < all, "{name}: {taken} of {all} damaged files are read");
    let memory = most_memory().saturating_sub(before);
    assert!(memory < 1 << 20, "{memory} KiB of address space");
}

/// The maximum address space that this process has had, in KiB; 0 where the system does not say.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn scratch() -> (Scratch, PathBuf) {
    let folder = Scratch::new();
    let path = folder.path().join("mutated");
    (folder, path)
}

fn bytes_of(write: impl FnOnce(&Path)) -> Vec<u8> {
    let (_folder, path) = scratch();
    write(&path);
    std::fs::read(path).unwrap()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn nothing(_: &mut Vec<u8>) {}

/// What could be written can be read, and is the same; what a format cannot hold is refused.
fn comes_back<T: PartialEq + std::fmt::Debug>(
    value: &T,
    write: impl FnOnce(&Path) -> Result<(), Error>,
    read: impl FnOnce(&Path) -> Result<T, Error>,
) {
    let (_folder, path) = scratch();
    match write(&path) {
        Ok(()) => assert_eq!(&read(&path).unwrap(), value),
        Err(error) => assert!(matches!(error, Error::Unwritable { .. }), "{error}"),
    }
}

fn ids(count: usize) -> Ids {
    Ids::new((0..count).map(|i| format!("id-{i}")).collect()).unwrap()
}

fn embeddings() -> Embeddings {
    Embeddings::from_rows(&[[1.0, -2.0], [0.5, 0.25], [3.0, 0.0]]).unwrap()
}

#[test]
fn stores() {
    let provenance = Provenance { encoder: Some("an encoder".into()), ..Provenance::default() };
    let plain = bytes_of(|path| write_store(path, &ids(3), &embeddings(), Dtype::F16, &provenance).unwrap());
    let tokens = [vec![0.5; 6], vec![0.25; 3], vec![]];
    let states = TokenStates::from_texts(embeddings(), 3, &tokens).unwrap();
    let rich = bytes_of(|path| write_token_store(path, &ids(3), &states, Dtype::F32, &provenance).unwrap());
    let repair = |bytes: &mut Vec<u8>| {
        let covered = bytes.len().saturating_sub(24);
        let checksum = Checksum::of(&bytes[..covered]).to_string();
        let kept = bytes.len().min(24);
        bytes[covered..].copy_from_slice(&checksum.as_bytes()[..kept]);
    };
    mutations("stores", 1, &[plain, rich], repair, |path| {
        let opened = EmbeddingStore::open(path);
        if let Ok(store) = &opened {
            let all = store.to_embeddings().unwrap();
            assert_eq!((all.len(), store.ids().len()), (store.len(), store.len()));
            if store.token_dim().is_some() {
                assert_eq!(store.to_token_states().unwrap().embeddings(), &all);
            }
        }
        if let Ok(store) = MappedStore::open(path) {
            let _ = (store.verify(), store.read_ids(), store.to_embeddings(), store.to_token_states());
            for row in [0, store.len() - 1, store.len(), usize::MAX] {
                let _ = (store.id(row), store.rows(row..row.saturating_add(1)), store.select(&[row]));
            }
            let _ = (store.view_f16(), store.view_f32(), store.batches(2).map(drop).count());
        }
        opened.is_ok()
    });
}

#[test]
fn npy_matrices() {
    let good = bytes_of(|path| write_npy(path, &embeddings(), Dtype::F32).unwrap());
    let fortran =
        b"\x93NUMPY\x01\x00\x47\x00{'descr': '>f8', 'fortran_order': True, 'shape': (2L, 1L), }          \n";
    let fortran = [&fortran[..], &1.0_f64.to_be_bytes(), &2.0_f64.to_be_bytes()].concat();
    mutations("npy matrices", 2, &[good, fortran], nothing, |path| {
        let Ok(matrix) = NpyMatrix::open(path) else { return false };
        let _ = matrix.batches(2).map(drop).count();
        let Ok(all) = matrix.to_embeddings() else { return false };
        comes_back(
            &all,
            |path| write_npy(path, &all, Dtype::F32),
            |path| NpyMatrix::open(path)?.to_embeddings(),
        );
        true
    });
}

#[test]
fn qrels() {
    let beir = b"query-id\tcorpus-id\tscore\nq 1\td1\t2\nq 1\td2\t-1\nq2\td1\t0\n".to_vec();
    let trec = b"# pooled\nq1 0 d1 2\nq1 0 d2 -1\r\n\nq2\t0  d1\t0\n".to_vec();
    mutations("qrels", 3, &[beir, trec], nothing, |path| {
        let Ok(qrels) = read_qrels(path) else { return false };
        for format in [QrelsFormat::Beir, QrelsFormat::Trec] {
            comes_back(&qrels, |path| write_qrels(path, &qrels, format), |path| read_qrels(path));
        }
        true
    });
}

#[test]
fn runs() {
    let good = b"q1 Q0 d1 1 0.5 tag\nq1 Q0 d2 2 -1e-3 tag more\n# end\nq2\tQ0\td1\t1\t7\ttag\r\n".to_vec();
    mutations("runs", 4, &[good], nothing, |path| {
        let Ok(run) = read_run(path) else { return false };
        let ranked = |run: &ess_metrics::Run| {
            let mut queries: Vec<&str> = run.queries().collect();
            queries.sort_unstable();
            let ranking = |query: &&str| (query.to_string(), format!("{:?}", run.ranking(query)));
            (run.name().to_owned(), queries.iter().map(ranking).collect::<Vec<_>>())
        };
        let name = |run: &ess_metrics::Run| run.name().replace(char::is_whitespace, "_");
        let mut expected = run.clone();
        expected.set_name(name(&run));
        comes_back(&ranked(&expected), |path| write_run(path, &run), |path| Ok(ranked(&read_run(path)?)));
        true
    });
}

#[test]
fn records() {
    let items = b"{\"_id\": \"a\", \"title\": \"T\", \"text\": \"x \\ud83d\\ude42\"}\n{\"_id\": \"b\", \"text\": \"y\"}\n".to_vec();
    let queries = gzip(b"{\"_id\": \"q\", \"text\": \"why\", \"metadata\": {\"more\": [1, 2]}}\n");
    mutations("records", 5, &[items, queries], nothing, |path| {
        let (items, queries) = (read_records::<Item>(path), read_records::<Query>(path));
        if let Ok(items) = &items {
            comes_back(items, |path| write_records(path, items), |path| read_records(path));
        }
        if let Ok(queries) = &queries {
            comes_back(queries, |path| write_records(path, queries), |path| read_records(path));
        }
        items.is_ok() || queries.is_ok()
    });
}

/// Written by pyarrow: tests/golden/generate_parquet.py.
#[test]
fn records_of_parquet() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/parquet");
    let files =
        ["corpus/corpus-00000-of-00002.parquet", "corpus/corpus-00001-of-00002.parquet", "lz4.parquet"];
    let good = files.map(|shard| std::fs::read(golden.join(shard)).unwrap());
    mutations("records of Parquet", 8, &good, nothing, |path| {
        let Ok(items) = read_records::<Item>(path) else { return false };
        comes_back(&items, |path| write_records(path, &items), |path| read_records(path));
        true
    });
}

#[test]
fn ids_by_themselves() {
    let (array, lines) = (b"[\"a\", \"b c\", \"\\u00fc\"]\n".to_vec(), b"a\r\n\n[CLS]\nb c\n".to_vec());
    let compressed = gzip(&array);
    mutations("ids", 6, &[array, lines, compressed], nothing, |path| {
        let Ok(ids) = read_ids(path) else { return false };
        comes_back(&ids, |path| write_ids(path, &ids), |path| read_ids(path));
        true
    });
}

#[test]
fn links() {
    let unsealed = |link: CalibratedLink| {
        let sealed = String::from_utf8(bytes_of(|path| write_link(path, &link).unwrap())).unwrap();
        unseal_json(&sealed).unwrap().unwrap().into_owned().into_bytes()
    };
    let sigmoid = unsealed(Sigmoid::new(12.5, -6.25).unwrap().into());
    let isotonic = unsealed(IsotonicLink::new(vec![0.1, 0.7], vec![0.0, 0.3]).unwrap().into());
    let seal = |bytes: &mut Vec<u8>| {
        if let Ok(text) = str::from_utf8(bytes)
            && text.trim_end().ends_with('}')
        {
            *bytes = seal_json(text).into_bytes();
        }
    };
    mutations("links", 7, &[sigmoid, isotonic], seal, |path| {
        let Ok(link) = read_link(path) else { return false };
        assert!((0.0..=1.0).contains(&link.probability(0.5)), "{link:?}");
        comes_back(&link, |path| write_link(path, &link), |path| read_link(path));
        true
    });
}
