//! `ess experiment spaces`: two encoders of the same texts.

use std::fs;

use ess_core::Embeddings;
use ess_data::{Dtype, EmbeddingStore, Provenance, write_store};

use crate::{
    corrected::is_corrected_as_a_whole,
    program::{read_json, run},
    small_data::SmallData,
};

/// The same queries and items by an encoder whose components are in the other order.
fn turned() -> SmallData {
    let data = SmallData::new(6, 6);
    for name in ["queries.safetensors", "corpus.safetensors"] {
        let store = EmbeddingStore::open(data.path(name)).unwrap();
        let (ids, embeddings) = (store.ids().clone(), store.to_embeddings().unwrap());
        drop(store);
        let rows: Vec<f32> = embeddings.rows().flat_map(|row| row.iter().rev().copied()).collect();
        let turned = Embeddings::from_vec(rows, 6).unwrap();
        write_store(data.path(name), &ids, &turned, Dtype::F32, &Provenance::default()).unwrap();
    }
    data
}

#[test]
fn a_rotation_between_two_encoders_is_found_by_procrustes() {
    let (data, other) = (SmallData::new(6, 6), turned());
    let (qrels, out) = (data.text("qrels.tsv"), data.text("page"));
    let set = format!("small={},{qrels},{qrels},{qrels}", data.text(""));
    let other = format!("small={}", other.text(""));
    let arguments = ["--data", &set, "--other-side", &other, "--seeds", "2", "--out", &out];
    let page = run("experiment spaces", arguments).succeeded().stdout;
    for words in
        ["## small, to the other: 6 to 6 dimensions, 40 pairs", "## small, from the other", "| no bridge |"]
    {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
    is_corrected_as_a_whole(&page);
    assert_eq!(fs::read_to_string(data.path("page/spaces.md")).unwrap(), page);
    assert!(fs::read_to_string(data.path("page/directions.svg")).unwrap().contains("alignment"));
    let results = read_json(&data.path("page/results.json"));
    let aligned = results["aligned"].as_array().unwrap();
    assert_eq!((aligned.len(), results["searched"].as_array().unwrap().len()), (2, 4));
    for aligned in aligned {
        let found = &aligned[1]["found"];
        assert_eq!((&found["procrustes"], &found["shared"][0]), (&found["shared"][1], &found["shared"][1]));
        let counts: Vec<_> =
            found["by_directions"].as_array().unwrap().iter().map(|at| at[0].clone()).collect();
        assert_eq!(counts, [1, 2, 4, 6]);
    }
}

#[test]
fn encoders_of_other_dimensions_are_bridged_and_bad_folders_refused() {
    let (data, wider) = (SmallData::new(6, 6), SmallData::new(8, 8));
    let (qrels, out) = (data.text("qrels.tsv"), data.text("page"));
    let set = format!("small={},{qrels},{qrels},{qrels}", data.text(""));
    let spaces = |more: &[&str]| run("experiment spaces", [&["--data", &set, "--out", &out], more].concat());
    let [other, unknown] = ["small", "large"].map(|name| format!("{name}={}", wider.text("")));
    spaces(&["--other-side", &unknown]).failed_with(&["no data set is called \"large\""]);
    spaces(&["--other-side", &other, "--other-side", &other])
        .failed_with(&["one folder for \"small\", found 2"]);
    spaces(&["--other-side", "small"]).failed_with(&["NAME=EMBEDDINGS_DIR"]);
    let page = spaces(&["--other-side", &other, "--seeds", "1"]).succeeded().stdout;
    assert!(page.contains("6 to 8 dimensions") && page.contains("8 to 6 dimensions"), "{page}");
    assert!(!page.contains("no bridge"), "{page}");
}
