//! What a model's folder says of its vectors, and what is assumed where it says nothing.

use ess_core::{Embeddings, ItemEncoder, QueryEncoder};
use ess_data::EmbeddingStore;
use ess_encoders::SentenceEncoder;

use crate::program::run;

use super::{Beir, tiny_model};

// Of a report on such a model: by the inner product all first hits are others.
const TEXTS: [&str; 15] = [
    "cat sat",
    "cat attack",
    "cat dog",
    "sat mat",
    "sat aspirin",
    "sat stocks",
    "mat risk",
    "mat what",
    "mat monday",
    "risk men",
    "risk reduces",
    "risk deep",
    "the cat sat on the mat",
    "deep deep deep deep deep deep",
    "what reduces risk?",
];
const QUERIES: [&str; 9] = ["cat", "sat", "mat", "risk", "men", "heart", "attack", "aspirin", "what"];

/// Texts as records of a BEIR folder, with their numbers as ids.
fn records(texts: &[&str]) -> String {
    let line =
        |(i, text): (usize, &&str)| serde_json::json!({"_id": i.to_string(), "text": text}).to_string();
    texts.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// For each query the first of the items with the largest inner product.
fn first_hits(queries: &Embeddings, items: &Embeddings) -> Vec<usize> {
    let similarities = queries.view().dot(&items.view().t());
    let first = |row: ndarray::ArrayView1<'_, f32>| {
        (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]).then(b.cmp(&a))).unwrap()
    };
    similarities.rows().into_iter().map(first).collect()
}

/// The first hit of each query in an index that is built of what was encoded, and what the building says.
fn found_by_an_index(beir: &Beir) -> (Vec<usize>, String) {
    let at = |name: &str| beir.0.path().join(name).to_str().unwrap().to_owned();
    let (items, queries, index) = (at("out/corpus.safetensors"), at("out/queries.safetensors"), at("index"));
    let built = run("index", ["build", "--items", &items, "--out", &index, "--quiet"]).succeeded();
    let search = ["search", "--index", &index, "--queries", &queries, "-k", "1", "--show", "0"];
    run("index", search.into_iter().chain(["--write-run", &at("run")])).succeeded();
    let run_file = std::fs::read_to_string(at("run")).unwrap();
    let item = |line: &str| line.split_whitespace().nth(2).unwrap().parse().unwrap();
    (run_file.lines().map(item).collect(), built.stderr)
}

#[test]
fn says_that_a_model_is_meant_for_the_cosine_and_an_index_of_it_finds_what_the_cosine_finds() {
    let beir = Beir::new(0, 5);
    beir.write("corpus.jsonl", records(&TEXTS));
    beir.write("queries.jsonl", records(&QUERIES));
    let model = tiny_model().with_file_name("distilbert");
    let said = run("encode", beir.arguments_for(&model, &["--dtype", "f32"])).succeeded().stderr;
    assert!(said.contains("cosine") && said.contains("different norms"), "{said}");
    let store = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    assert!(store.provenance().needs_unit_norm());
    // What is stored is what the model gives.
    let encoder = SentenceEncoder::load(&model).unwrap();
    let items = encoder.encode_items(&TEXTS).unwrap();
    let stored = store.to_embeddings().unwrap();
    assert!(stored.as_slice().iter().zip(items.as_slice()).all(|(s, e)| (s - e).abs() < 1e-5));

    let (found, said) = found_by_an_index(&beir);
    assert!(said.contains("unit norm"), "{said}");
    let queries = encoder.encode_queries(&QUERIES).unwrap();
    let by_product = first_hits(&queries, &items);
    let by_cosine = first_hits(&queries, &items.normalized());
    assert_eq!(found, by_cosine);
    assert_ne!(by_product, by_cosine, "the model shows nothing");
    // The programs that search a folder do the same.
    let dataset = ess_kit::Dataset::open(beir.out()).unwrap();
    assert!(dataset.items().rows().all(|row| (row.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5));
}

#[test]
fn says_what_it_assumes_of_a_folder_without_modules() {
    let (beir, model) = (Beir::new(2, 5), tempfile::tempdir().unwrap());
    for file in ["model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
        std::fs::copy(tiny_model().join(file), model.path().join(file)).unwrap();
    }
    let config = std::fs::read_to_string(tiny_model().join("config.json")).unwrap();
    std::fs::write(model.path().join("config.json"), config.replace("BertModel", "BertForMaskedLM")).unwrap();
    let said = run("encode", beir.arguments_for(model.path(), &[])).succeeded().stderr;
    assert!(said.contains("mean of all tokens") && said.contains("head is not used"), "{said}");
    let store = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    let assumed = store.provenance().assumed.clone().unwrap().join("\n");
    assert!(assumed.contains("mean of all tokens") && assumed.contains("BertForMaskedLM"), "{assumed}");

    std::fs::write(model.path().join("adapter_config.json"), "{}").unwrap();
    run("encode", beir.arguments_for(model.path(), &[]))
        .failed_with(&["adapter_config.json", "missing field"]);
}
