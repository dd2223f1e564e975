//! Routers whose queries go through a table of token vectors, and what such a tower says of itself.

use ess_core::{ItemEncoder, QueryEncoder};
use ess_encoders::{Error, PoolingMode, Precision, SentenceEncoder, StaticEncoder, Tower, TwoTowerEncoder};
use serde_json::json;

use super::routers;
use crate::folder::{Folder, tiny};

const TABLE: &str = "query_0_StaticEmbedding/model.safetensors";
const TOKENIZER: &str = "query_0_StaticEmbedding/tokenizer.json";

fn load(name: &str) -> TwoTowerEncoder {
    TwoTowerEncoder::load(routers(name)).unwrap()
}

fn queries() -> Folder {
    Folder::of(&routers("static-queries"))
}

fn refused(folder: &Folder) -> Error {
    TwoTowerEncoder::load(folder.root()).map(drop).unwrap_err()
}

#[test]
fn a_static_tower_says_how_it_makes_vectors() {
    let towers = load("static-queries");
    let (query, item) = (towers.query(), towers.item());
    assert!(query.sentence().is_none() && item.sentence().is_some());
    assert_eq!([query, item].map(Tower::max_tokens), [Some(20), Some(40)]);
    assert_eq!([query, item].map(Tower::dim), [6, 6]);
    assert_eq!([query, item].map(Tower::normalizes), [true, true]);
    assert_eq!([query, item].map(Tower::prompts), [["what ", "risk "]; 2]);
    assert_eq!(query.poolings(), [PoolingMode::Mean]);
    assert_eq!(query.token_counter().unwrap().count(&["a ".repeat(30).as_str()]).unwrap(), [30]);
    let alone = load("static-alone");
    assert_eq!((alone.query().max_tokens(), alone.query().normalizes()), (None, false));
    let low = TwoTowerEncoder::load_at(routers("static-queries"), Precision::Int8).unwrap();
    assert_eq!([low.query(), low.item()].map(Tower::precision), [Precision::F32, Precision::Int8]);
}

#[test]
fn a_static_tower_is_cut_as_the_other_is() {
    let cut = load("static-queries").with_max_tokens(5).unwrap();
    assert_eq!([cut.query(), cut.item()].map(Tower::max_tokens), [Some(5), Some(5)]);
    let both = |texts: [&str; 2]| cut.encode_queries(&texts).unwrap();
    // The prompt is a token of the five.
    let same = both(["deep deep deep deep", "deep deep deep deep risk"]);
    assert_eq!(same.row(0), same.row(1));
    let other = both(["deep deep deep", "deep deep deep risk"]);
    assert_ne!(other.row(0), other.row(1));
}

#[test]
fn the_model_s_components_are_cut_off_behind_both_towers() {
    let short = queries().edit("config_sentence_transformers.json", |model| model["truncate_dim"] = json!(4));
    let towers = TwoTowerEncoder::load(short.root()).unwrap();
    let texts = ["the cat sat on the mat", "a"];
    let (whole, cut) =
        (load("static-queries").encode_queries(&texts).unwrap(), towers.encode_queries(&texts));
    let cut = cut.unwrap();
    assert_eq!((QueryEncoder::dim(&towers), ItemEncoder::dim(&towers), cut.dim()), (4, 4, 4));
    assert!(cut.rows().zip(whole.rows()).all(|(cut, whole)| cut == &whole[..4]));
}

#[test]
fn a_static_encoder_of_its_own_is_a_tower_too() {
    let texts = ["the cat sat on the mat", "", "what reduces risk?"];
    let (query, item) = (StaticEncoder::load(tiny("static")).unwrap(), SentenceEncoder::load(tiny("bert")));
    let expected = query.encode_queries(&texts).unwrap();
    let towers = TwoTowerEncoder::new(query, item.unwrap());
    assert_eq!(towers.encode_queries(&texts).unwrap(), expected);
    assert!(towers.query().normalizes());
    assert_eq!(QueryEncoder::dim(&towers), expected.dim());
}

#[test]
fn what_is_wrong_in_a_static_tower_is_refused_by_its_file() {
    let pooled = queries().edit("router_config.json", |router| {
        router["structure"]["query"] = json!(["query_0_StaticEmbedding", "document_1_Pooling"]);
    });
    let error = refused(&pooled);
    assert!(matches!(&error, Error::Config { field: "types", found, .. } if found == "Pooling"), "{error}");
    let error = refused(&queries().remove(TABLE));
    assert!(matches!(error, Error::MissingFile { .. }), "{error}");
    let error = refused(&queries().remove(TOKENIZER));
    assert!(matches!(error, Error::MissingFile { .. }), "{error}");
    let error = refused(&renamed(&[("embedding.weight", "embedding.weights")]));
    assert!(matches!(&error, Error::MissingTensor { .. }), "{error}");
    let error = refused(&renamed(&[("embedding.weight", "embedding.weight"), ("embedding.weight", "more")]));
    assert!(matches!(&error, Error::UnexpectedTensor { name, .. } if name == "more"), "{error}");
    let more = queries().edit(TOKENIZER, |tokenizer| {
        tokenizer["model"]["vocab"]["another"] = json!(100_000);
    });
    let error = refused(&more);
    assert!(matches!(error, Error::Vocabulary { largest: 100_000, .. }), "{error}");
    let narrow = queries().edit("query_1_Dense/config.json", |dense| dense["in_features"] = json!(15));
    let error = refused(&narrow);
    assert!(matches!(&error, Error::Config { field: "in_features", .. }), "{error}");
}

/// The folder with tensors of its table under these names.
fn renamed(names: &[(&str, &str)]) -> Folder {
    queries().change_bytes(TABLE, |bytes| {
        let read = safetensors::SafeTensors::deserialize(bytes).unwrap();
        let tensors = names.iter().map(|(old, new)| (*new, read.tensor(old).unwrap()));
        *bytes = safetensors::serialize(tensors, None).unwrap();
    })
}
