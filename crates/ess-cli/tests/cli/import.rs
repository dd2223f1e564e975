//! `import`: from a NumPy matrix to a store that holds the same numbers, or nothing at all.

use ess_core::{Embeddings, Ids};
use ess_data::{Dtype, EmbeddingStore, Provenance, write_ids, write_npy, write_store};
use tempfile::TempDir;

use crate::{
    program::{Outcome, read_json, run},
    small_data::SmallData,
};

struct Files(TempDir);

impl Files {
    /// `matrix.npy` of 3 × 4 and `ids.txt`.
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        write_npy(files.0.path().join("matrix.npy"), &embeddings(), Dtype::F32).unwrap();
        write_ids(files.0.path().join("ids.txt"), &ids()).unwrap();
        files
    }

    fn text(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn import(&self, more: &[&str]) -> Outcome {
        let own = [
            "--npy".to_owned(),
            self.text("matrix.npy"),
            "--ids".to_owned(),
            self.text("ids.txt"),
            "--out".to_owned(),
            self.text("corpus.safetensors"),
        ];
        run("import", own.iter().map(String::as_str).chain(more.iter().copied()))
    }

    /// Fails with these words, and leaves neither a store nor part of one.
    #[track_caller]
    fn refused(&self, more: &[&str], needles: &[&str]) {
        self.import(more).failed_with(needles);
        let mut left = std::fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let known = |name: &std::ffi::OsString| name == "matrix.npy" || name == "ids.txt";
        assert_eq!(left.find(|name| !known(name)), None);
    }
}

fn embeddings() -> Embeddings {
    Embeddings::from_vec((0..12).map(|i| (i as f32 * 0.3).sin()).collect(), 4).unwrap()
}

fn ids() -> Ids {
    Ids::new(vec!["a".into(), "b c".into(), "ü".into()]).unwrap()
}

#[test]
fn a_matrix_comes_back_from_the_store_with_its_ids_and_its_origin() {
    let files = Files::new();
    let json = files.text("report.json");
    let said =
        files.import(&["--encoder", "my encoder", "--normalized", "false", "--json", &json]).succeeded();
    assert!(said.stdout.contains("3 rows of dimension 4"), "{}", said.stdout);
    let store = EmbeddingStore::open(files.text("corpus.safetensors")).unwrap();
    assert_eq!((store.ids(), store.to_embeddings().unwrap()), (&ids(), embeddings()));
    assert_eq!(store.provenance().encoder.as_deref(), Some("my encoder"));
    assert_eq!(store.provenance().normalized, Some(false));
    let report = read_json(json.as_ref());
    assert_eq!((&report["rows"], &report["dim"], &report["dtype"]), (&3.into(), &4.into(), &"f32".into()));
}

#[test]
fn half_precision_keeps_three_digits() {
    let files = Files::new();
    let said = files.import(&["--dtype", "f16", "--quiet"]).succeeded();
    assert_eq!(said.stdout, "");
    assert!(said.stderr.starts_with("note: ") && said.stderr.lines().count() == 1, "{}", said.stderr);
    let found = EmbeddingStore::open(files.text("corpus.safetensors")).unwrap().to_embeddings().unwrap();
    let expected = embeddings();
    assert_ne!(found, expected);
    assert!(found.as_slice().iter().zip(expected.as_slice()).all(|(a, b)| (a - b).abs() <= 5e-4));
}

#[test]
fn a_matrix_that_is_missing_torn_or_not_finite_is_refused() {
    let files = Files::new();
    let npy = files.text("matrix.npy");
    let whole = std::fs::read(&npy).unwrap();
    std::fs::write(&npy, &whole[..whole.len() - 5]).unwrap();
    files.refused(&[], &["matrix.npy", "expected", "found"]);
    std::fs::write(&npy, "hello").unwrap();
    files.refused(&[], &["matrix.npy", "expected"]);
    let mut with_nan = whole.clone();
    let last = with_nan.len() - 4;
    with_nan[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&npy, with_nan).unwrap();
    files.refused(&[], &["matrix.npy", "row 2, column 3", "NaN"]);
    std::fs::remove_file(&npy).unwrap();
    files.refused(&[], &["matrix.npy", "no such file"]);
}

#[test]
fn ids_that_do_not_fit_the_matrix_are_refused() {
    let files = Files::new();
    std::fs::write(files.text("ids.txt"), "a\nb\n").unwrap();
    files.refused(&[], &["matrix.npy", "expected 2 rows", "found 3"]);
    std::fs::write(files.text("ids.txt"), "a\nb\na\n").unwrap();
    files.refused(&[], &["ids.txt", "\"a\""]);
    std::fs::write(files.text("ids.txt"), "").unwrap();
    files.refused(&[], &["ids.txt"]);
    std::fs::remove_file(files.text("ids.txt")).unwrap();
    files.refused(&[], &["ids.txt", "no such file"]);
}

#[test]
fn a_number_type_that_the_store_lacks_is_refused() {
    Files::new().refused(&["--dtype", "f64"], &["--dtype", "f64"]);
}

#[test]
fn the_store_and_the_report_are_both_there_or_neither() {
    let files = Files::new();
    // Neither where a folder is nor below a file can there be a report.
    files.refused(&["--json", files.0.path().to_str().unwrap()], &["--json", "found a folder"]);
    files.refused(&["--json", &files.text("ids.txt/report.json")], &["report.json"]);
    // What was there stays.
    files.import(&[]).succeeded();
    let before = std::fs::read(files.text("corpus.safetensors")).unwrap();
    let refused = files.import(&["--dtype", "f16", "--json", &files.text("ids.txt/report.json")]);
    refused.failed_with(&["report.json"]);
    assert_eq!(std::fs::read(files.text("corpus.safetensors")).unwrap(), before);
    files.import(&["--dtype", "f16", "--json", &files.text("report.json")]).succeeded();
    let report = read_json(files.text("report.json").as_ref());
    let bytes = std::fs::metadata(files.text("corpus.safetensors")).unwrap().len();
    assert_eq!((&report["dtype"], report["bytes"].as_u64()), (&"f16".into(), Some(bytes)));
    let mut names: Vec<_> =
        std::fs::read_dir(files.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["corpus.safetensors", "ids.txt", "matrix.npy", "report.json"]);
}

/// A full disk is met when the report is written: the device that is always full stands for it.
#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_leaves_no_store() {
    let files = Files::new();
    std::os::unix::fs::symlink("/dev/full", files.text("full")).unwrap();
    let outcome = files.import(&["--json", &files.text("full")]);
    // A writer that replaces the link instead of writing through it has room.
    if !files.0.path().join("full").is_file() {
        outcome.failed_with(&["full"]);
        assert!(!files.0.path().join("corpus.safetensors").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_a_store_stays_a_link() {
    let files = Files::new();
    let real = files.text("real.safetensors");
    std::fs::write(&real, "old").unwrap();
    std::os::unix::fs::symlink(&real, files.text("corpus.safetensors")).unwrap();
    files.import(&[]).succeeded();
    assert!(std::fs::symlink_metadata(files.text("corpus.safetensors")).unwrap().is_symlink());
    assert_eq!(EmbeddingStore::open(&real).unwrap().len(), 3);
}

#[test]
fn the_similarity_is_kept_and_items_of_a_cosine_are_searched_at_unit_norm() {
    let files = Files::new();
    let said = files.import(&[]).succeeded().stderr;
    assert!(said.contains("different norms") && said.contains("inner product"), "{said}");
    for (similarity, words) in [("cosine", "unit norm"), ("euclidean", "other items")] {
        let said = files.import(&["--similarity", similarity]).succeeded().stderr;
        assert!(said.contains(similarity) && said.contains(words), "{said}");
        let store = EmbeddingStore::open(files.text("corpus.safetensors")).unwrap();
        assert_eq!(store.provenance().similarity.as_deref(), Some(similarity));
        assert_eq!(store.to_embeddings().unwrap(), embeddings(), "vectors are kept as they are");
    }
    let said = files.import(&["--similarity", "dot"]).succeeded().stderr;
    assert_eq!(said, "");
    files.import(&["--similarity", "jaccard"]).failed_with(&["jaccard", "cosine"]);

    // By the inner product the longest item is first; by the cosine it is the one that points where the query does.
    write_npy(
        files.text("matrix.npy"),
        &Embeddings::from_rows(&[[9.0, 9.0], [0.1, 0.0], [0.0, 1.0]]).unwrap(),
        Dtype::F32,
    )
    .unwrap();
    let query = Embeddings::from_rows(&[[1.0, 0.1]]).unwrap();
    let queries = files.text("queries.safetensors");
    write_store(&queries, &Ids::new(vec!["q".into()]).unwrap(), &query, Dtype::F32, &Provenance::default())
        .unwrap();
    for (similarity, first) in [("dot", "q: a "), ("cosine", "q: b c ")] {
        files.import(&["--similarity", similarity]).succeeded();
        let [items, index] = ["corpus.safetensors", "items.index"].map(|name| files.text(name));
        run("index", ["build", "--items", &items, "--out", &index]).succeeded();
        let found = run("index", ["search", "--index", &index, "--queries", &queries, "-k", "1"]).succeeded();
        assert!(found.stdout.starts_with(first), "{similarity}: {}", found.stdout);
    }
}

#[test]
fn rows_that_are_said_to_have_unit_norm_are_looked_at() {
    let files = Files::new();
    files.refused(&["--normalized", "true"], &["matrix.npy", "--normalized", "rows of unit norm", "row 1"]);
    write_npy(files.text("matrix.npy"), &embeddings().normalized(), Dtype::F16).unwrap();
    let said = files.import(&["--normalized", "true", "--similarity", "cosine"]).succeeded();
    assert_eq!(said.stderr, "");
}

#[test]
fn train_and_evaluate_say_that_items_of_a_cosine_are_brought_to_unit_norm() {
    let data = SmallData::new(6, 6);
    let [matrix, ids, items] = ["items.npy", "items.ids", "corpus.safetensors"].map(|name| data.text(name));
    let store = EmbeddingStore::open(&items).unwrap();
    let long = store.to_embeddings().unwrap().rows().flatten().map(|number| 3.0 * number).collect();
    write_npy(&matrix, &Embeddings::from_vec(long, 6).unwrap(), Dtype::F32).unwrap();
    write_ids(&ids, store.ids()).unwrap();
    drop(store);
    for (similarity, is_said) in [("cosine", true), ("dot", false)] {
        let own = ["--npy", &matrix, "--ids", &ids, "--out", &items, "--similarity", similarity];
        run("import", own).succeeded();
        for outcome in [data.evaluate(&[]), data.train(&["--dev", &data.text("qrels.tsv")])] {
            let said = outcome.succeeded().stderr;
            let note = "corpus.safetensors: vectors are brought to unit norm";
            assert_eq!(said.contains(note), is_said, "{similarity}: {said}");
        }
    }
}
