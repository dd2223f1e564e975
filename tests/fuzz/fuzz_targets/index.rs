#![no_main]
//! Index files of every kind with right checksums, in memory and mapped, and searched.

use std::path::Path;

use ess_core::{Embeddings, Filter, SearchParams, Searcher, TokenStates};
use ess_fuzz::{Folder, keep_seeds, repaired_index};
use ess_index::{IndexFile, Opening, TokenIndex, TokenSearch};
use libfuzzer_sys::fuzz_target;

/// The golden files of the index's tests.
fn seeds() -> Vec<(String, Vec<u8>)> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/ess-index/tests/golden");
    let mut seeds = Vec::new();
    for (version, folder) in [("1", golden.join("v1")), ("2", golden)] {
        for entry in std::fs::read_dir(folder).expect("the golden files") {
            let path = entry.expect("a golden file").path();
            if let Some(name) =
                path.file_stem().filter(|_| path.extension().is_some_and(|end| end == "index"))
            {
                let bytes = std::fs::read(&path).expect("a golden file");
                seeds.push((format!("{}-{version}", name.to_string_lossy()), bytes));
            }
        }
    }
    seeds
}

fn search(path: &Path, length: usize, opening: Opening) {
    let Ok(file) = IndexFile::open(path, opening) else { return };
    let _ = (file.ids::<String>(), file.ids::<u64>());
    if file.kind() == "tokens" {
        let _ = file.token_index().map(|index| search_tokens(&index, length));
        return;
    }
    let Ok(index) = file.index() else { return };
    let memory = index.memory_use().expect("indexes of this crate know");
    assert!(memory.owned + memory.mapped <= 4 * length + 65_536, "{memory:?} of {length} bytes");
    if index.dim() > length {
        return;
    }
    let queries = Embeddings::from_vec(vec![0.5; index.dim()], index.dim()).expect("a query");
    let admits = |row: usize| row.is_multiple_of(2);
    let filtered = SearchParams { filter: Some(Filter::Predicate(&admits)), ..SearchParams::default() };
    for k in [1, index.len()] {
        let _ = (index.search(&queries, k), index.search_with(&queries, k, &filtered));
    }
}

/// The same of an index of token vectors.
fn search_tokens(index: &TokenIndex, length: usize) {
    let memory = index.memory_use();
    assert!(memory.owned + memory.mapped <= 4 * length + 65_536, "{memory:?} of {length} bytes");
    let dim = index.tokens().dim();
    if dim > length {
        return;
    }
    let embeddings = Embeddings::from_vec(vec![0.5], 1).expect("a query");
    let query = TokenStates::from_texts(embeddings, dim, &[vec![0.5; 3 * dim]]).expect("its tokens");
    let all = TokenSearch { nprobe: usize::MAX, candidates: usize::MAX, centroid_score_threshold: None };
    let _ = (index.search(&query, 3), index.search_with(&query, usize::MAX, &all), index.tokens().decoded(0));
}

fuzz_target!(init: keep_seeds("index", seeds()), |bytes: &[u8]| {
    let folder = Folder::new();
    let bytes = repaired_index(bytes);
    let path = folder.file("items.index", &bytes);
    for opening in [Opening::Read, Opening::MappedUnverified] {
        search(&path, bytes.len(), opening);
    }
});
