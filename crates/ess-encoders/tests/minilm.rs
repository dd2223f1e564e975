//! The published all-MiniLM-L6-v2 against sentence-transformers. The model's folder comes from the variable
//! ESS_MINILM_DIR; fetch_minilm.sh downloads it.
//!
//! More rows are compared where ESS_REFERENCE_DIR names a folder with NAME.corpus.first256.f32.npy and
//! NAME.queries.first256.f32.npy by sentence-transformers, each beside its .ids.json, and ESS_REFERENCE_TEXTS one with
//! the texts as NAME/corpus.jsonl and NAME/queries.jsonl.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use ess_core::{Embeddings, ItemEncoder, QueryEncoder};
use ess_data::{EmbeddingStore, Item, NpyMatrix, Query, Record, read_ids, read_records};
use ess_encoders::SentenceEncoder;
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    embeddings: Vec<Vec<f32>>,
}

fn minilm() -> SentenceEncoder {
    let folder =
        std::env::var_os("ESS_MINILM_DIR").expect("ESS_MINILM_DIR: the folder that fetch_minilm.sh prints");
    SentenceEncoder::load(folder).unwrap().with_max_tokens(256).unwrap()
}

/// The largest difference of a number, and the smallest cosine of a row.
fn agreement<'e>(found: &Embeddings, expected: impl IntoIterator<Item = &'e [f32]>) -> (f32, f64) {
    let (mut furthest, mut smallest, mut rows) = (0.0_f32, 1.0_f64, 0);
    for (found, expected) in found.rows().zip(expected) {
        assert_eq!(found.len(), expected.len());
        let pairs = || found.iter().zip(expected).map(|(f, e)| (f64::from(*f), f64::from(*e)));
        furthest = found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(furthest, f32::max);
        let norms = pairs().map(|(f, _)| f * f).sum::<f64>() * pairs().map(|(_, e)| e * e).sum::<f64>();
        smallest = smallest.min(pairs().map(|(f, e)| f * e).sum::<f64>() / norms.sqrt());
        rows += 1;
    }
    assert_eq!(rows, found.len());
    (furthest, smallest)
}

#[test]
#[ignore = "needs a published model in ESS_MINILM_DIR"]
fn scifact_texts_agree_with_sentence_transformers() {
    let golden: Golden = serde_json::from_str(include_str!("golden/minilm.json")).unwrap();
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    let found = minilm().encode_items(&texts).unwrap();
    let (furthest, cosine) = agreement(&found, golden.embeddings.iter().map(Vec::as_slice));
    assert!(furthest <= 1e-4 && cosine >= 0.99999, "{furthest} from the reference, cosine {cosine}");
}

/// Every 64th item of data/scifact, whose store keeps f16.
#[test]
#[ignore = "needs a published model in ESS_MINILM_DIR"]
fn the_embeddings_in_the_repository_are_those_of_the_encoder() {
    let scifact = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/scifact");
    let items: Vec<Item> = read_records(scifact.join("corpus.jsonl.gz")).unwrap();
    let store = EmbeddingStore::open(scifact.join("minilm/corpus.safetensors")).unwrap();
    let rows: Vec<usize> = (0..items.len()).step_by(64).collect();
    let texts: Vec<String> = rows.iter().map(|&row| items[row].title_and_text()).collect();
    let found = minilm().encode_items(&texts.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let expected = store.select(&rows).unwrap();
    let (furthest, cosine) = agreement(&found, expected.rows());
    assert!(furthest <= 3e-4 && cosine >= 0.99999, "{furthest} from the store, cosine {cosine}");
}

#[test]
#[ignore = "needs a published model in ESS_MINILM_DIR"]
fn every_row_of_the_reference_agrees() {
    let (Some(reference), Some(texts)) =
        (std::env::var_os("ESS_REFERENCE_DIR"), std::env::var_os("ESS_REFERENCE_TEXTS"))
    else {
        eprintln!("skipped: ESS_REFERENCE_DIR and ESS_REFERENCE_TEXTS are not set");
        return;
    };
    let encoder = minilm();
    let mut compared = 0;
    for entry in std::fs::read_dir(&reference).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some((set, kind)) = name.strip_suffix(".first256.f32.npy").and_then(|name| name.split_once('.'))
        else {
            continue;
        };
        let folder = Path::new(&texts).join(set);
        let ids = read_ids(Path::new(&reference).join(format!("{set}.{kind}.first256.ids.json"))).unwrap();
        let ids: Vec<&str> = ids.iter().collect();
        let found = match kind {
            "corpus" => {
                let texts = texts_of(folder.join("corpus.jsonl"), &ids, Item::title_and_text);
                encoder.encode_items(&texts.iter().map(String::as_str).collect::<Vec<_>>()).unwrap()
            }
            _ => {
                let texts = texts_of(folder.join("queries.jsonl"), &ids, |query: &Query| query.text.clone());
                encoder.encode_queries(&texts.iter().map(String::as_str).collect::<Vec<_>>()).unwrap()
            }
        };
        let expected = NpyMatrix::open(&path).unwrap().to_embeddings().unwrap();
        let (furthest, cosine) = agreement(&found, expected.rows());
        eprintln!("{set} {kind}: {} rows, furthest {furthest:.2e}, smallest cosine {cosine:.8}", ids.len());
        assert!(furthest <= 1e-4 && cosine >= 0.99999, "{name}");
        compared += 1;
    }
    assert!(compared > 0, "no reference in the folder");
}

/// The texts of some records, in the order of `ids`.
fn texts_of<R: Record + DeserializeOwned>(
    path: PathBuf,
    ids: &[&str],
    text: impl Fn(&R) -> String,
) -> Vec<String> {
    let records: Vec<R> = read_records(path).unwrap();
    let by_id: std::collections::HashMap<&str, &R> =
        records.iter().map(|record| (record.id(), record)).collect();
    ids.iter().map(|id| text(by_id[id])).collect()
}
