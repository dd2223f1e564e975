//! Learned sparse encoders against sentence-transformers: see golden/make_sparse.py.

use std::path::{Path, PathBuf};

use crate::folder::{Folder, tiny};
use ess_core::{Encoding, QueryEncoder, Searcher};
use ess_encoders::{Error, Precision, SparseEncoder, SparseIndex, SparseVectors};
use ess_testing::damage::{mutations, rounds};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    queries: Vec<Vec<(u32, f32)>>,
    items: Vec<Vec<(u32, f32)>>,
}

const FOLDERS: [&str; 4] = ["masked", "summed", "roberta", "inference-free"];

fn sparse(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/sparse").join(name)
}

fn golden(name: &str) -> Golden {
    serde_json::from_slice(&std::fs::read(sparse(name).join("golden.json")).unwrap()).unwrap()
}

/// The largest difference of a value.
fn furthest(found: &SparseVectors, expected: &[Vec<(u32, f32)>]) -> f32 {
    assert_eq!(found.rows(), expected.len());
    let mut furthest = 0.0_f32;
    for (row, expected) in expected.iter().enumerate() {
        let mut all = vec![0.0; found.dim()];
        found.row(row).for_each(|(term, value)| all[term as usize] += value);
        expected.iter().for_each(|(term, value)| all[*term as usize] -= value);
        furthest = all.iter().fold(furthest, |furthest, value| furthest.max(value.abs()));
    }
    furthest
}

fn agrees(name: &str, encoder: &SparseEncoder) {
    let golden = golden(name);
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    let (queries, items) = (encoder.encode_queries(&texts).unwrap(), encoder.encode_items(&texts).unwrap());
    assert!(golden.items.iter().all(|row| row.len() > 5), "{name}: golden vectors are not empty");
    let differences = (furthest(&queries, &golden.queries), furthest(&items, &golden.items));
    assert!(differences.0 < 2e-5 && differences.1 < 2e-5, "{name}: {differences:?} from the golden values");
}

#[test]
fn folders_agree_with_sentence_transformers() {
    for name in FOLDERS {
        agrees(name, &SparseEncoder::load(sparse(name)).unwrap());
    }
}

/// As sentence-transformers 5.0 wrote it.
#[test]
fn the_older_form_of_a_folder_is_the_same_model() {
    let renamed = |modules: &mut Value| {
        modules[0]["type"] = json!("sentence_transformers.sparse_encoder.models.MLMTransformer");
        modules[1]["type"] = json!("sentence_transformers.sparse_encoder.models.SpladePooling");
    };
    let folder = Folder::of(&sparse("summed"))
        .edit("modules.json", renamed)
        .write("sentence_bert_config.json", br#"{"max_seq_length": 48, "do_lower_case": false}"#)
        .edit("1_SpladePooling/config.json", |pooling| {
            *pooling = json!({
                "pooling_strategy": "sum", "activation_function": "log1p_relu", "word_embedding_dimension": 158,
            });
        });
    agrees("summed", &SparseEncoder::load(folder.root()).unwrap());
}

#[test]
fn rows_are_the_same_alone_and_in_a_batch() {
    for name in FOLDERS {
        let (golden, encoder) = (golden(name), SparseEncoder::load(sparse(name)).unwrap());
        let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
        let (queries, items) =
            (encoder.encode_queries(&texts).unwrap(), encoder.encode_items(&texts).unwrap());
        for row in 0..texts.len() {
            let (query, item) =
                (encoder.encode_queries(&texts[row..=row]), encoder.encode_items(&texts[row..=row]));
            assert_eq!(query.unwrap(), queries.select_rows(&[row]).unwrap(), "{name}, query {row}");
            assert_eq!(item.unwrap(), items.select_rows(&[row]).unwrap(), "{name}, item {row}");
        }
        assert!(encoder.encode_queries(&[]).is_err() && encoder.encode_items(&[]).is_err(), "{name}");
    }
}

#[test]
fn vectors_are_searched_by_an_inverted_index() {
    let (golden, encoder) = (golden("masked"), SparseEncoder::load(sparse("masked")).unwrap());
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    let (items, queries) = (encoder.encode_items(&texts).unwrap(), encoder.encode_queries(&texts).unwrap());
    let hits = SparseIndex::new(&items).search(&queries, 2).unwrap();
    let all = queries.inner_products(&items).unwrap();
    for (row, hits) in hits.iter().enumerate() {
        let best = all.row(row).iter().copied().fold(f32::NEG_INFINITY, f32::max);
        assert_eq!(hits[0].similarity, best);
    }
    assert_eq!(encoder.terms().len(), QueryEncoder::dim(&encoder));
    assert!(encoder.terms().iter().any(|term| term.as_deref() == Some("[MASK]")));
}

#[test]
fn queries_become_the_weights_of_their_terms() {
    let encoder = SparseEncoder::load(sparse("masked")).unwrap();
    let dim = encoder.dim();
    assert!(!encoder.has_inference_free_queries());
    let weights: Vec<f32> = (0..dim).map(|term| term as f32 / 8.0).collect();
    let encoder = encoder.with_query_weights(weights.clone()).unwrap();
    assert!(encoder.has_inference_free_queries());
    let terms = encoder.terms();
    let queries = encoder.encode_queries(&["The cat, the cat!", ""]).unwrap();
    let mut found: Vec<_> = queries.row(0).map(|(term, _)| terms[term as usize].clone().unwrap()).collect();
    found.sort();
    assert_eq!(found, ["!", ",", "cat", "the"]);
    assert!(queries.row(0).all(|(term, value)| value == weights[term as usize]));
    assert_eq!(queries.row(1).len(), 0);
    agrees_on_items("masked", &encoder);
    let refused = |weights| SparseEncoder::load(sparse("masked")).unwrap().with_query_weights(weights);
    let core = |result: Result<SparseEncoder, Error>| match result.map(drop).unwrap_err() {
        Error::Core(error) => error,
        other => panic!("{other}"),
    };
    assert!(matches!(core(refused(vec![1.0])), ess_core::Error::DimensionMismatch { .. }));
    assert!(matches!(core(refused(vec![f32::NAN; dim])), ess_core::Error::NonFinite { column: 0, .. }));
}

fn agrees_on_items(name: &str, encoder: &SparseEncoder) {
    let golden = golden(name);
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    assert!(furthest(&encoder.encode_items(&texts).unwrap(), &golden.items) < 2e-5);
}

#[test]
fn vectors_are_cut_to_the_largest_values_where_the_model_says_so() {
    let settings = "config_sentence_transformers.json";
    let folder = Folder::of(&sparse("roberta")).edit(settings, |model| model["max_active_dims"] = 3.into());
    let (few, all) =
        (SparseEncoder::load(folder.root()).unwrap(), SparseEncoder::load(sparse("roberta")).unwrap());
    assert_eq!(few.max_active(), Some(3));
    let text = ["Aspirin reduces the risk"];
    let (few, all) = (few.encode_items(&text).unwrap(), all.encode_items(&text).unwrap());
    let mut largest: Vec<_> = all.row(0).collect();
    largest.sort_by(|a, b| b.1.total_cmp(&a.1));
    largest.truncate(3);
    largest.sort_by_key(|(term, _)| *term);
    assert_eq!(few.row(0).collect::<Vec<_>>(), largest);
}

#[test]
fn rounded_weights_and_shorter_texts_are_as_of_other_encoders() {
    let golden = golden("masked");
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    let bf16 = SparseEncoder::load_at(sparse("masked"), Precision::Bf16).unwrap();
    let difference = furthest(&bf16.encode_items(&texts).unwrap(), &golden.items);
    assert!(difference > 0.0 && difference < 0.2, "{difference}");
    let encoder = SparseEncoder::load(sparse("masked")).unwrap().with_max_tokens(5).unwrap();
    let long = encoder.encode_items(&["the cat sat on the mat"]).unwrap();
    assert_eq!(long, encoder.encode_items(&["the cat sat"]).unwrap());
    for tokens in [4, 67] {
        assert!(SparseEncoder::load(sparse("masked")).unwrap().with_max_tokens(tokens).is_err());
    }
}

fn refused(folder: &Folder) -> Error {
    SparseEncoder::load(folder.root()).map(drop).unwrap_err()
}

#[test]
fn folders_that_are_no_sparse_encoder_say_why() {
    // Without the head.
    let bare = Folder::new("bert").remove("modules.json").remove("config_sentence_transformers.json");
    let error = refused(&bare.write("sentence_bert_config.json", b"{}"));
    assert!(
        matches!(&error, Error::MissingTensor { name, .. } if name.contains("cls.predictions")),
        "{error}"
    );
    let error = SparseEncoder::load(tiny("bert")).map(drop).unwrap_err();
    assert!(matches!(&error, Error::Setting { name, .. } if name == "model_type"), "{error}");
    let mpnet = Folder::of(&sparse("masked")).replace("config.json", "\"bert\"", "\"modernbert\"");
    assert!(matches!(refused(&mpnet), Error::Config { .. } | Error::Setting { .. }));
}

#[test]
fn settings_of_another_encoder_are_refused_by_name() {
    for (file, old, new, named) in [
        ("1_SpladePooling/config.json", "\"sum\"", "\"mean\"", "pooling_strategy"),
        ("1_SpladePooling/config.json", "log1p_relu", "softplus", "activation_function"),
        ("1_SpladePooling/config.json", "null", "159", "embedding_dimension"),
        ("1_SpladePooling/config.json", "pooling_strategy", "poling_strategy", "poling_strategy"),
        ("sentence_bert_config.json", "fill-mask", "feature-extraction", "transformer_task"),
        ("config_sentence_transformers.json", "SparseEncoder", "SentenceTransformer", "model_type"),
        (
            "config_sentence_transformers.json",
            "\"similarity_fn_name\": null",
            "\"similarity_fn_name\": \"cosine\"",
            "similarity_fn_name",
        ),
        (
            "config_sentence_transformers.json",
            "\"prompts\"",
            "\"max_active_dims\": 0, \"prompts\"",
            "max_active_dims",
        ),
        (
            "modules.json",
            "splade_pooling.SpladePooling",
            "sparse_auto_encoder.SparseAutoEncoder",
            "SpladePooling",
        ),
        ("modules.json", "transformer.Transformer", "bow.BoW", "BoW"),
        ("config.json", "\"dim\": 32", "\"dim\": 36", "36"),
    ] {
        let error = refused(&Folder::of(&sparse("summed")).replace(file, old, new)).to_string();
        assert!(error.contains(named), "{file} {new}: {error}");
    }
}

#[test]
fn sides_and_heads_that_do_not_fit_the_model_are_refused() {
    let another = json!({"path": "idf.json"}).to_string();
    let weights = Folder::of(&sparse("inference-free"))
        .write("query_0_SparseStaticEmbedding/config.json", another.as_bytes());
    assert!(refused(&weights).to_string().contains("path"));
    // Queries over other terms than items.
    let from = sparse("inference-free").join("query_0_SparseStaticEmbedding/model.safetensors");
    let shorter = Folder::of(&sparse("inference-free"));
    let bytes = std::fs::read(from).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = String::from_utf8(bytes[8..8 + length].to_vec()).unwrap();
    let longer = header.replace("[158]", "[159]").replace("[0,632]", "[0,636]");
    let file =
        [&(longer.len() as u64).to_le_bytes()[..], longer.as_bytes(), &bytes[8 + length..], &[0; 4]].concat();
    let error = refused(&shorter.write("query_0_SparseStaticEmbedding/model.safetensors", &file));
    assert!(matches!(error, Error::Core(ess_core::Error::DimensionMismatch { .. })), "{error}");
    let untied = Folder::of(&sparse("masked")).replace(
        "config.json",
        "\"tie_word_embeddings\": true",
        "\"tie_word_embeddings\": false",
    );
    let error = refused(&untied);
    assert!(matches!(&error, Error::MissingTensor { name, .. } if name.contains("decoder")), "{error}");
}

#[test]
fn damaged_folders_are_refused_without_a_panic() {
    let files = [
        "modules.json",
        "router_config.json",
        "config_sentence_transformers.json",
        "document_0_Transformer/sentence_bert_config.json",
        "document_1_SpladePooling/config.json",
        "query_0_SparseStaticEmbedding/config.json",
        "query_0_SparseStaticEmbedding/model.safetensors",
    ];
    let folder = Folder::of(&sparse("inference-free"));
    let rounds = rounds(10_000).div_ceil(files.len());
    let mut loaded = 0;
    for (seed, file) in files.iter().enumerate() {
        let good = std::fs::read(folder.path(file)).unwrap();
        for bytes in mutations(&good, seed as u64, rounds).filter(|bytes| *bytes != good) {
            std::fs::write(folder.path(file), bytes).unwrap();
            if let Ok(encoder) = SparseEncoder::load(folder.root()) {
                loaded += 1;
                let _ = (encoder.encode_queries(&["the cat"]), encoder.encode_items(&["the cat"]));
            }
        }
        std::fs::write(folder.path(file), good).unwrap();
    }
    let all = rounds * files.len();
    println!("{all} damaged folders, {loaded} of which are loaded");
    assert!(loaded > 0 && loaded < all, "{loaded} of {all} damaged folders are loaded");
    SparseEncoder::load(folder.root()).unwrap();
}
