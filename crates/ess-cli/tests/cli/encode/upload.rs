//! `encode --upload`: items that go to an engine as they are encoded, through kills and losses.

use std::path::Path;

use ess_data::EmbeddingStore;

use super::Beir;
use crate::{
    engine::{
        named, shelf,
        shelf::{Held, ShelfConfig},
        with_shelf,
    },
    program::Outcome,
};

/// The dimension of the small model.
const DIM: usize = 32;

fn encode(beir: &Beir, config: &ShelfConfig, more: &[&str]) -> Outcome {
    let arguments = [beir.arguments(&["--part", "4", "--upload", &named(config)]), strings(more)].concat();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    with_shelf(&[&["encode"], &arguments[..]].concat())
}

fn strings(given: &[&str]) -> Vec<String> {
    given.iter().map(|&text| text.to_owned()).collect()
}

/// Whether the engine has the items of the file, and no others.
fn has_all(beir: &Beir, config: &ShelfConfig) -> bool {
    let store = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    Held::read(&config.file).are(&store.to_embeddings().unwrap())
}

fn write_items(beir: &Beir, texts: &[&str]) {
    let line =
        |(i, text): (usize, &&str)| serde_json::json!({ "_id": format!("d{i}"), "text": text }).to_string();
    beir.write("corpus.jsonl", texts.iter().enumerate().map(line).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_run_that_was_killed_goes_on_and_adds_nothing_twice() {
    let beir = Beir::new(0, 5);
    let texts = ["the cat", "risk", "a fox", "men", "a dog", "the fox", "women", "brown", "quick", "the"];
    write_items(&beir, &texts);
    let config = shelf(beir.0.path(), DIM);
    let stored = || Held::read(&config.file).stored;
    // The second part is in the engine, and nothing says so.
    encode(&beir, &ShelfConfig { dies_after: Some(2), ..config.clone() }, &[]).failed_with(&[]);
    assert_eq!(stored(), [(0, 4), (4, 4)]);
    let part = beir.out().join("parts/1-by-4.corpus.safetensors");
    assert!(part.exists() && !beir.out().join("corpus.safetensors").exists());
    encode(&beir, &config, &[]).succeeded();
    assert_eq!(stored()[2..], [(4, 4), (8, 2)]);
    assert!(has_all(&beir, &config) && !beir.out().join("parts").exists());
    encode(&beir, &config, &[]).succeeded();
    assert_eq!(stored().len(), 4);

    // A text that changed under its id replaces its part, and one that is gone is gone.
    let mut changed = texts.to_vec();
    changed[5] = "something else";
    write_items(&beir, &changed);
    encode(&beir, &config, &[]).succeeded();
    assert_eq!(stored()[4..], [(4, 4)]);
    assert!(has_all(&beir, &config));
    write_items(&beir, &changed[..9]);
    encode(&beir, &config, &[]).succeeded();
    assert_eq!(stored()[5..], [(8, 1)]);
    assert!(has_all(&beir, &config));

    // What was uploaded as it was encoded needs no upload.
    let out = beir.out();
    let upload = ["engine", "upload", "--embeddings", out.to_str().unwrap(), "--engine", &named(&config)];
    with_shelf(&[&upload[..], &["--part", "4"]].concat()).succeeded();
    assert_eq!(stored().len(), 6);
}

#[test]
fn an_engine_that_is_lost_costs_no_part_that_was_encoded() {
    let beir = Beir::new(10, 40);
    let config = shelf(beir.0.path(), DIM);
    let lost = ShelfConfig { lost_from: Some(2), ..config.clone() };
    let causes =
        ["uploading to the shelf", "stored rows 4..4 of 4..8", "cannot be reached", "it is unplugged"];
    encode(&beir, &lost, &[]).failed_with(&causes);
    let changed = |name: &str| {
        std::fs::metadata(beir.out().join("parts").join(name)).and_then(|part| part.modified()).unwrap()
    };
    let parts = ["0-by-4.corpus.safetensors", "1-by-4.corpus.safetensors"];
    let before = parts.map(changed);
    let lost = ShelfConfig { lost_from: Some(1), ..config.clone() };
    encode(&beir, &lost, &[]).failed_with(&causes);
    assert_eq!(parts.map(changed), before, "a part was encoded again");
    encode(&beir, &config, &[]).succeeded();
    assert_eq!(Held::read(&config.file).stored, [(0, 4), (4, 4), (8, 2)]);
    assert!(has_all(&beir, &config));
}

#[test]
fn an_engine_that_cannot_take_the_items_is_refused_before_a_text_is_encoded() {
    let beir = Beir::new(10, 40);
    let config = shelf(beir.0.path(), DIM);
    let wide = ShelfConfig { dim: DIM + 1, ..config.clone() };
    encode(&beir, &wide, &[]).failed_with(&["expected items of 33 dimensions, found 32"]);
    encode(&beir, &config, &["--shard", "1/2"]).failed_with(&["--upload", "ess merge", "ess engine upload"]);
    encode(&beir, &config, &["--queries-only"]).failed_with(&["--queries-only", "--upload"]);
    let missing = Path::new("no/such/settings.json").display();
    beir.encode(&["--upload", &format!("pgvector={missing}")]).failed_with(&["--upload", "found nothing"]);
    assert!(!beir.out().exists(), "{:?}", beir.files().keys());
}
