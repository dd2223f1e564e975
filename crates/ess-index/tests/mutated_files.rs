//! Index files changed at random, their checksums repaired, so that what stands behind the checksums is tried.
//!
//! Some 10 000 mutations; with `ESS_NIGHTLY=1` a million.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use ess_core::{Embeddings, SearchParams, Searcher, TokenStates};
use ess_files::Checksum;
use ess_index::{
    CompressedTokensBuilder, Error, IndexFile, Opening, Progress, TokenIndex, TokenIndexBuilder, TokenSearch,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

/// Bytes before the header's JSON.
const PREFIX: usize = 40;

/// An index file in its parts.
#[derive(Clone)]
struct Parts {
    header: Value,
    sections: Vec<Vec<u8>>,
}

fn number(bytes: &[u8]) -> usize {
    u32::from_le_bytes(bytes.try_into().unwrap()) as usize
}

impl Parts {
    fn of(bytes: &[u8]) -> Self {
        let start = PREFIX + number(&bytes[12..16]);
        let header: Value = serde_json::from_slice(&bytes[PREFIX..start]).unwrap();
        let section = |entry: &Value| {
            let at = |name: &str| entry[name].as_u64().unwrap() as usize;
            bytes[start + at("offset")..start + at("offset") + at("bytes")].to_vec()
        };
        let sections = header["sections"].as_array().unwrap().iter().map(section).collect();
        Self { header, sections }
    }

    /// A file of these parts, with right checksums, and right offsets and lengths if asked for.
    fn encode(&self, offsets: bool) -> Vec<u8> {
        let mut header = self.header.clone();
        let mut body: Vec<u8> = Vec::new();
        for (index, section) in self.sections.iter().enumerate() {
            body.resize(body.len().next_multiple_of(64), 0);
            if let Some(entry) = header["sections"].get_mut(index).and_then(Value::as_object_mut) {
                if offsets {
                    entry.insert("offset".to_owned(), body.len().into());
                    entry.insert("bytes".to_owned(), section.len().into());
                }
                entry.insert("checksum".to_owned(), Checksum::of(section).to_string().into());
            }
            body.extend(section);
        }
        with_header(serde_json::to_vec(&header).unwrap(), &body)
    }

    fn change(&mut self, random: &mut ChaCha8Rng) {
        let index = random.random_range(0..self.sections.len());
        let section = &mut self.sections[index];
        match random.random_range(0..8) {
            0..4 if !section.is_empty() => {
                // Small and huge numbers of 4 and 8 bytes, and any byte.
                let at = random.random_range(0..section.len());
                let value = [0_u64, 1, u64::MAX, 1 << 31, u64::from(f32::NAN.to_bits()), random.random()];
                let value = value[random.random_range(0..value.len())].to_le_bytes();
                let end = section.len().min(at + [1, 4, 8][random.random_range(0..3)]);
                section[at..end].copy_from_slice(&value[..end - at]);
            }
            4 => section.truncate(random.random_range(0..=section.len())),
            5 => section.resize(section.len() + random.random_range(1..100), 7),
            _ => change_value(&mut self.header, random),
        }
    }
}

fn with_header(mut json: Vec<u8>, body: &[u8]) -> Vec<u8> {
    json.resize((PREFIX + json.len()).next_multiple_of(64) - PREFIX, b' ');
    let mut bytes = b"ESSINDEX".to_vec();
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend((json.len() as u32).to_le_bytes());
    bytes.extend(Checksum::of(&json).to_string().into_bytes());
    bytes.extend(json);
    bytes.extend(body);
    bytes
}

/// Changes one value somewhere in the header.
fn change_value(value: &mut Value, random: &mut ChaCha8Rng) {
    match value {
        Value::Array(values) if !values.is_empty() => {
            let index = random.random_range(0..values.len());
            if random.random_range(0..8) == 0 {
                values.remove(index);
            } else {
                change_value(&mut values[index], random);
            }
        }
        Value::Object(fields) if !fields.is_empty() => {
            let index = random.random_range(0..fields.len());
            let name = fields.keys().nth(index).unwrap().clone();
            match random.random_range(0..16) {
                0 => drop(fields.remove(&name)),
                _ => change_value(&mut fields[&name], random),
            }
        }
        other => {
            let old = other.as_u64().unwrap_or(3);
            let new: [Value; 12] = [
                0.into(),
                1.into(),
                2.into(),
                old.wrapping_add(1).into(),
                old.wrapping_mul(2).into(),
                (u32::MAX).into(),
                (1_u64 << 40).into(),
                (u64::MAX / 8).into(),
                u64::MAX.into(),
                (-1).into(),
                "f16".into(),
                Value::Null,
            ];
            *other = new[random.random_range(0..new.len())].clone();
        }
    }
}

/// Opens a file in every way and searches it; says whether an index came of it.
fn try_file(path: &Path, bytes: &[u8], opening: Opening) -> bool {
    // A new file each time: the last one may still be mapped.
    let _ = std::fs::remove_file(path);
    std::fs::write(path, bytes).unwrap();
    let Ok(file) = IndexFile::open(path, opening) else { return false };
    let _ = (file.ids::<String>(), file.ids::<u64>());
    if file.kind() == "tokens" {
        return file.token_index().is_ok_and(|index| search_tokens(&index, bytes.len()));
    }
    let Ok(index) = file.index() else { return false };
    let length = bytes.len();
    let memory = index.memory_use().unwrap();
    assert!(memory.owned + memory.mapped <= 4 * length + 65_536, "{memory:?} of {length} bytes");
    if index.dim() <= length {
        let queries = Embeddings::from_vec(vec![0.5; index.dim()], index.dim()).unwrap();
        let admits = |row: usize| row.is_multiple_of(2);
        let filtered =
            SearchParams { filter: Some(ess_core::Filter::Predicate(&admits)), ..SearchParams::default() };
        for k in [1, 9, index.len()] {
            let _ = (index.search(&queries, k), index.search_with(&queries, k, &filtered));
        }
    }
    true
}

/// The same of an index of token vectors.
fn search_tokens(index: &TokenIndex, length: usize) -> bool {
    let memory = index.memory_use();
    assert!(memory.owned + memory.mapped <= 4 * length + 65_536, "{memory:?} of {length} bytes");
    let dim = index.tokens().dim();
    if dim <= length {
        let embeddings = Embeddings::from_vec(vec![0.5], 1).unwrap();
        let query = TokenStates::from_texts(embeddings, dim, &[vec![0.5; 3 * dim]]).unwrap();
        let all = TokenSearch { nprobe: usize::MAX, candidates: usize::MAX, centroid_score_threshold: None };
        let _ =
            (index.search(&query, 3), index.search_with(&query, usize::MAX, &all), index.tokens().decoded(0));
        let mut tokens = index.tokens().clone();
        let _ = TokenIndex::new(tokens.clone(), all);
        let _ = tokens.append(&query);
        let _ = TokenIndex::new(tokens, all);
    }
    true
}

fn golden() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let files = [folder.join("v1"), folder].map(|folder| std::fs::read_dir(folder).unwrap());
    let mut files: Vec<PathBuf> = files.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "index"));
    files.sort();
    files
}

#[test]
fn nothing_behind_the_checksums_panics() {
    let all = ess_testing::damage::rounds(10_000);
    let folder = ess_testing::Scratch::new();
    let path = folder.path().join("mutated.index");
    let files = golden();
    assert!(files.len() >= 7, "{files:?}");
    for (seed, file) in files.iter().enumerate() {
        let random = &mut ChaCha8Rng::seed_from_u64(seed as u64);
        let whole = Parts::of(&std::fs::read(file).unwrap());
        assert!(try_file(&path, &whole.encode(true), Opening::Mapped), "{}: unchanged", file.display());
        let mut opened = 0;
        for _ in 0..all / files.len() {
            let mut parts = whole.clone();
            (0..random.random_range(1..4)).for_each(|_| parts.change(random));
            let bytes = parts.encode(random.random_range(0..4) > 0);
            let openings = [Opening::Read, Opening::Mapped, Opening::MappedUnverified];
            opened += usize::from(try_file(&path, &bytes, openings[random.random_range(0..3)]));
        }
        println!("{}: {} damaged files, {opened} opened", file.display(), all / files.len());
        // Otherwise only headers would be tried.
        assert!(opened > 100, "{}: {opened} opened", file.display());
    }
}

#[test]
fn sizes_that_no_file_has_are_refused_before_memory_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.index");
    let section = r#"{"name":"panels","offset":0,"bytes":4611686018427387904,"checksum":"xxh3-64:0"}"#;
    let about = r#"{"rows":16777216,"dim":68719476736,"storage":"f32"}"#;
    let json = format!(r#"{{"kind":"flat","about":{about},"sections":[{section}]}}"#);
    assert!(!try_file(&path, &with_header(json.into_bytes(), &[0; 64]), Opening::Read));
    let mut announced = with_header(b"{}".to_vec(), b"");
    announced[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(!try_file(&path, &announced, Opening::Read));
}

#[test]
fn items_of_no_dimension_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flattened.index");
    let mut kinds = Vec::new();
    for file in golden() {
        let mut parts = Parts::of(&std::fs::read(&file).unwrap());
        parts.header["about"]["dim"] = 0.into();
        let entries = parts.header["sections"].as_array().unwrap();
        // What has as many numbers as there are dimensions.
        for (entry, section) in entries.iter().zip(&mut parts.sections) {
            if ["projection", "rows", "panels", "rest"].iter().any(|name| entry["name"] == *name) {
                section.clear();
            }
        }
        assert!(!try_file(&path, &parts.encode(true), Opening::Read), "{}", file.display());
        kinds.push(parts.header["kind"].to_string());
    }
    assert!(kinds.contains(&r#""quantised""#.to_owned()), "{kinds:?}");
}

#[test]
fn an_index_without_lists_is_refused_by_its_sizes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("listless.index");
    let is_ivf_pq = |file: &PathBuf| Parts::of(&std::fs::read(file).unwrap()).header["kind"] == "quantised";
    let file = golden().into_iter().find(is_ivf_pq).unwrap();
    let mut parts = Parts::of(&std::fs::read(file).unwrap());
    parts.header["about"]["lists"] = 0.into();
    std::fs::write(&path, parts.encode(true)).unwrap();
    let found = IndexFile::open(&path, Opening::Read).unwrap().index().map(drop).unwrap_err();
    assert!(found.to_string().contains("sizes of an IVF-PQ index"), "{found}");
}

#[test]
fn token_vectors_that_do_not_fit_together_are_refused_unless_nothing_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.index");
    let texts: Vec<Vec<f32>> =
        (0..6).map(|i| (0..40).map(|j| ((i * 40 + j) as f32).sin()).collect()).collect();
    let items = TokenStates::from_texts(Embeddings::from_rows(&[[0.0]; 6]).unwrap(), 8, &texts).unwrap();
    let tokens = CompressedTokensBuilder {
        centroids: Some(4),
        keep_vectors: true,
        ..CompressedTokensBuilder::default()
    };
    let builder = TokenIndexBuilder { tokens, ..TokenIndexBuilder::default() };
    builder.build(&items, Progress::Silent).unwrap().save(&path).unwrap();
    let whole = Parts::of(&std::fs::read(&path).unwrap());
    let (one, many) = (1_u64.to_le_bytes(), 1000_u64.to_le_bytes());
    let nan = half::f16::NAN.to_le_bytes();
    let changes: [(&str, usize, &[u8]); 9] = [
        ("starts", 0, &one),
        ("starts", 8, &many),
        ("starts", 6 * 8, &one),
        ("codes", 0, &4_u32.to_le_bytes()),
        ("list_ends", 0, &many),
        ("list_ends", 3 * 8, &one),
        ("list_items", 0, &6_u32.to_le_bytes()),
        ("vectors", 2, &nan),
        ("vectors", 0, &half::f16::INFINITY.to_le_bytes()),
    ];
    assert!(try_file(&path, &whole.encode(true), Opening::Mapped));
    for (section, at, bytes) in changes {
        let mut parts = whole.clone();
        let entries = parts.header["sections"].as_array().unwrap();
        let changed = entries.iter().position(|entry| entry["name"] == section).unwrap();
        parts.sections[changed][at..at + bytes.len()].copy_from_slice(bytes);
        let forged = parts.encode(true);
        assert!(try_file(&path, &forged, Opening::MappedUnverified), "{section} at {at}");
        for opening in [Opening::Read, Opening::Mapped] {
            let found = TokenIndex::open(&path, opening).map(drop).unwrap_err();
            let names_it = found.to_string().contains(&format!("section {section}"));
            assert!(matches!(found, Error::Format { .. }) && names_it, "{section} at {at}: {found}");
        }
        assert!(ess_index::verify(&path).is_err(), "{section} at {at}");
    }
}
