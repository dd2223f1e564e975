#![no_main]
//! Sparse indexes with BM25 beside them, and files of sparse vectors, with right checksums; searched, and encoded with.

use std::path::Path;

use ess_core::{QueryEncoder, Searcher};
use ess_files::Opening;
use ess_fuzz::{Folder, file_of, keep_seeds, repaired_index};
use ess_lexical::{
    Attached, Bm25Config, Bm25Encoder, SparseIndex, SparseIndexFile, SparseVectors, SparseVectorsFile,
};
use libfuzzer_sys::fuzz_target;

fn seeds() -> [(String, Vec<u8>); 3] {
    let texts = ["running word3 common", "Häuser common", "word1 runs common", "word3"];
    let (encoder, items) = Bm25Encoder::fit_and_encode(&texts, Bm25Config::default()).expect("an encoder");
    let ids: Vec<String> = (0..texts.len()).map(|item| format!("d{item}")).collect();
    let index = SparseIndex::new(&items);
    let attached = Attached { ids: Some(&ids), bm25: Some(&encoder), made_by: Some("BM25") };
    let with_bm25 = file_of(|path| SparseIndexFile::write(path, &index, attached).expect("an index"));
    let rows = [vec![(3, 1.5), (0, -2.0)], vec![], vec![(u32::MAX, 0.25)]];
    let vectors = SparseVectors::new(1 << 32, &rows).expect("vectors");
    let signed = SparseIndex::new(&vectors);
    let alone = file_of(|path| SparseIndexFile::write(path, &signed, Attached::default()).expect("an index"));
    let ids = ["a", "ä", ""].map(String::from).to_vec();
    let file = SparseVectorsFile { vectors, ids, made_by: Some("a model".to_owned()) };
    let vectors = file_of(|path| file.save(path).expect("vectors"));
    [("bm25".into(), with_bm25), ("alone".into(), alone), ("vectors".into(), vectors)]
}

fn search(path: &Path, opening: Opening) {
    let Ok(file) = SparseIndexFile::open(path, opening) else { return };
    let _ = file.ids();
    if let Ok(Some(encoder)) = file.bm25() {
        let _ = encoder.encode_queries(&["running word3 häuser"]);
    }
    let Ok(index) = file.index() else { return };
    let terms = index.dim().min(50) as u32;
    let query = SparseVectors::new(index.dim(), &[(0..terms).map(|term| (term, 1.0)).collect()]);
    if let Ok(query) = query {
        let _ = index.search(&query, 12);
        index.add_similarities_from(query.row(0), 1.0, 3, &mut [0.0; 20]);
    }
}

fuzz_target!(init: keep_seeds("sparse", seeds()), |bytes: &[u8]| {
    let folder = Folder::new();
    let path = folder.file("items.sparse", &repaired_index(bytes));
    for opening in [Opening::Read, Opening::MappedUnverified] {
        search(&path, opening);
    }
    if let Ok(file) = SparseVectorsFile::open(&path) {
        let again = folder.path().join("again.sparse");
        file.save(&again).expect("vectors that were read");
        assert_eq!(SparseVectorsFile::open(&again).expect("what was written"), file);
    }
});
