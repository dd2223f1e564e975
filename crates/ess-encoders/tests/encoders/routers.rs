//! Folders with a Router, dense and sparse, against sentence-transformers: see golden/make_routers.py.

mod refused;
mod static_towers;

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use ess_core::{Embeddings, Encoding, ItemEncoder, QueryEncoder};
use ess_encoders::{SentenceEncoder, SparseEncoder, SparseVectors, TwoTowerEncoder};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::folder::{Folder, tiny};

#[derive(Deserialize)]
struct Golden<V> {
    texts: Vec<String>,
    queries: Vec<V>,
    items: Vec<V>,
}

fn routers(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/routers").join(name)
}

fn golden<V: DeserializeOwned>(name: &str) -> Golden<V> {
    serde_json::from_slice(&std::fs::read(routers(name).join("golden.json")).unwrap()).unwrap()
}

/// The vectors of a folder's texts as queries and as items.
fn both_sides(name: &str, encoder: &TwoTowerEncoder) -> [Embeddings; 2] {
    let golden: Golden<Vec<f32>> = golden(name);
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    [encoder.encode_queries(&texts).unwrap(), encoder.encode_items(&texts).unwrap()]
}

#[track_caller]
fn close(what: &str, found: &Embeddings, expected: &[Vec<f32>]) {
    assert_eq!((found.len(), found.dim()), (expected.len(), expected[0].len()), "{what}");
    for (text, (found, expected)) in found.rows().zip(expected).enumerate() {
        let furthest = found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
        assert!(furthest < 2e-5, "{what}, text {text}: {furthest} from the golden vector");
    }
}

#[track_caller]
fn agrees(name: &str, folder: &Path) {
    let expected: Golden<Vec<f32>> = golden(name);
    let on_device = TwoTowerEncoder::load_on(folder, &Device::flex()).unwrap();
    for encoder in [TwoTowerEncoder::load(folder).unwrap(), on_device] {
        let [queries, items] = both_sides(name, &encoder);
        close(&format!("queries of {name}"), &queries, &expected.queries);
        close(&format!("items of {name}"), &items, &expected.items);
    }
}

#[test]
fn dense_folders_agree_with_sentence_transformers() {
    for name in ["mapped", "heads", "queries-only", "asym", "static-queries", "static-alone", "static-model"]
    {
        agrees(name, &routers(name));
    }
}

#[test]
fn a_folder_says_that_it_has_two_towers() {
    assert!(
        ["mapped", "heads", "asym", "terms"].iter().all(|name| TwoTowerEncoder::is_folder(routers(name)))
    );
    assert!(
        TwoTowerEncoder::is_folder(tiny("router")) && TwoTowerEncoder::is_folder(routers("static-model"))
    );
    let error = SentenceEncoder::load(routers("static-model")).map(drop).unwrap_err().to_string();
    assert!(error.contains("TwoTowerEncoder"), "{error}");
    assert!(!["bert", "no such folder"].iter().any(|name| TwoTowerEncoder::is_folder(tiny(name))));
}

#[track_caller]
fn terms_agree(what: &str, found: &SparseVectors, expected: &[Vec<(u32, f32)>]) {
    assert_eq!(found.rows(), expected.len(), "{what}");
    for (text, expected) in expected.iter().enumerate() {
        let (terms, values): (Vec<_>, Vec<_>) = found.row(text).unzip();
        let (right, right_values): (Vec<_>, Vec<_>) = expected.iter().copied().unzip();
        assert_eq!(terms, right, "{what}, text {text}: terms other than 0");
        let furthest = values.iter().zip(&right_values).map(|(f, e): (&f32, &f32)| (f - e).abs());
        assert!(
            furthest.clone().all(|far| far < 2e-5),
            "{what}, text {text}: {:?}",
            furthest.reduce(f32::max)
        );
    }
}

#[test]
fn sparse_folders_have_the_terms_and_values_of_sentence_transformers() {
    for name in ["terms", "root"] {
        let expected: Golden<Vec<(u32, f32)>> = golden(name);
        let texts: Vec<_> = expected.texts.iter().map(String::as_str).collect();
        let encoder = SparseEncoder::load(routers(name)).unwrap();
        assert!(encoder.has_inference_free_queries());
        assert_eq!(encoder.prompts(), ["find: ", ""]);
        terms_agree(name, &encoder.encode_queries(&texts).unwrap(), &expected.queries);
        terms_agree(name, &encoder.encode_items(&texts).unwrap(), &expected.items);
    }
}

/// A copy of `heads`, whose router's file is another one.
fn heads(change: impl FnOnce(&mut Value)) -> Folder {
    Folder::of(&routers("heads")).edit("2_Router/router_config.json", change)
}

/// Without prompts, so that one text through one route has one vector.
#[test]
fn mappings_go_before_the_names_of_routes() {
    let both = |folder: &Folder| both_sides("heads", &TwoTowerEncoder::load(folder.root()).unwrap());
    let mapped = |mappings: Value| {
        both(
            &heads(|router| router["parameters"]["route_mappings"] = mappings)
                .edit("config_sentence_transformers.json", |model| {
                    model["prompts"] = json!({"query": "", "document": ""})
                }),
        )
    };
    let [queries, items] = mapped(json!({}));
    assert_ne!(queries, items);
    assert_eq!(mapped(json!({"('query', None)": "document"})), [items.clone(), items.clone()]);
    assert_eq!(mapped(json!({"(None, 'text')": "query"})), [queries.clone(), queries.clone()]);
    let swapped =
        json!({"('query', 'text')": "document", "(None, None)": "query", "(None, 'image')": "document"});
    assert_eq!(mapped(swapped), [items.clone(), queries.clone()]);
    let of_images = json!({"('query', 'image')": "document", "('query', ('image', 'text'))": "document"});
    assert_eq!(mapped(of_images), [queries, items]);
}

#[test]
fn routes_of_items_have_other_names_too_and_those_of_no_text_are_not_read() {
    let renamed = |name: &str| {
        heads(|router| {
            let routes = router["structure"].as_object_mut().unwrap();
            let items = routes.remove("document").unwrap();
            routes.insert(name.to_owned(), items);
            routes.insert("image".to_owned(), json!(["no_such_module"]));
            router["parameters"]["default_route"] = "image".into();
        })
    };
    for name in ["doc", "passage", "item", "text"] {
        agrees("heads", renamed(name).root());
    }
    let one_for_all = heads(|router| {
        let items = router["structure"]["document"].take();
        *router = json!({"types": router["types"], "structure": {"text": items}});
    });
    let encoder = TwoTowerEncoder::load(one_for_all.root()).unwrap();
    let [_, items] = both_sides("heads", &encoder);
    close("items of one route for all", &items, &golden::<Vec<f32>>("heads").items);
    assert_eq!(encoder.query().normalizes(), encoder.item().normalizes());
}
