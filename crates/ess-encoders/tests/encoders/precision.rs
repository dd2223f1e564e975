//! Encoders whose weights are kept at a lower precision: near those in f32, the same in any batch and number of threads, and
//! typed errors for what is not finite.

use std::path::{Path, PathBuf};

use ess_core::{Embeddings, ItemEncoder, QueryEncoder};
use ess_encoders::{CrossEncoder, Precision, SentenceEncoder, Tower, TwoTowerEncoder};
use ess_tiles::Tiles;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

const LOW: [Precision; 2] = [Precision::Bf16, Precision::Int8];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny").join(name)
}

fn texts() -> Vec<String> {
    let words = ["the", "heart", "risk", "of", "men", "quick", "fox", "a"];
    let text =
        |i: usize| (0..i * i % 37 + 1).map(|j| words[(i * 5 + j * j) % words.len()]).collect::<Vec<_>>();
    (0..40).map(|i| text(i).join(" ")).collect()
}

fn in_threads<T: Send>(threads: usize, work: impl Fn() -> T + Send + Sync) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    product(a, b) / (product(a, a) * product(b, b)).sqrt()
}

fn least_cosine(a: &Embeddings, b: &Embeddings) -> f32 {
    a.rows().zip(b.rows()).map(|(a, b)| cosine(a, b)).fold(1.0, f32::min)
}

#[test]
fn every_architecture_is_near_what_it_is_in_f32() {
    let texts = texts();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    for name in ["bert", "roberta", "distilbert", "mpnet", "xlm-roberta"] {
        let exact = SentenceEncoder::load(folder(name)).unwrap();
        assert_eq!(exact.precision(), Precision::F32);
        let exact = exact.encode_items(&texts).unwrap();
        for (precision, least) in LOW.into_iter().zip([0.9999, 0.99]) {
            let encoder = SentenceEncoder::load_at(folder(name), precision).unwrap();
            assert_eq!(encoder.precision(), precision);
            let found = encoder.encode_items(&texts).unwrap();
            // The weights of one are bf16 in its files. A tile unit takes their inputs in 16 bits.
            let same = (name, precision) == ("distilbert", Precision::Bf16) && Tiles::detect().is_none();
            assert_eq!(found == exact, same, "{name} at {precision}");
            let cosine = least_cosine(&found, &exact);
            assert!(cosine > least, "{name} at {precision}: {cosine}");
        }
    }
}

#[test]
fn a_text_has_the_same_bits_alone_in_any_batch_and_in_any_number_of_threads() {
    let texts = texts();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let backwards: Vec<_> = texts.iter().rev().copied().collect();
    for precision in LOW {
        for name in ["bert", "mpnet"] {
            let encoder = SentenceEncoder::load_at(folder(name), precision).unwrap();
            let all = in_threads(1, || encoder.encode_items(&texts)).unwrap();
            assert_eq!(in_threads(3, || encoder.encode_items(&texts)).unwrap(), all);
            let reversed = encoder.encode_items(&backwards).unwrap();
            for (row, text) in texts.iter().enumerate() {
                assert_eq!(
                    encoder.encode_items(&[text]).unwrap().row(0),
                    all.row(row),
                    "{name}, {precision}"
                );
                assert_eq!(reversed.row(texts.len() - 1 - row), all.row(row), "{name}, {precision}");
            }
        }
    }
}

#[test]
fn two_towers_and_a_cross_encoder_have_precisions_too() {
    for precision in LOW {
        let towers = TwoTowerEncoder::load_at(folder("router"), precision).unwrap();
        assert_eq!([towers.query(), towers.item()].map(Tower::precision), [precision; 2]);
        let exact = TwoTowerEncoder::load(folder("router")).unwrap();
        let queries = ["heart", "the risk of men"];
        let [found, exact] = [&towers, &exact].map(|towers| towers.encode_queries(&queries).unwrap());
        assert!(least_cosine(&found, &exact) > 0.99, "{precision}");
        let items = ["the risk", "a fox", "men of heart"];
        let [found, exact] = [precision, Precision::F32].map(|precision| {
            let encoder = CrossEncoder::load_at(folder("cross-encoder"), precision).unwrap();
            encoder.scores("risk", &items).unwrap()
        });
        assert_ne!(found, exact);
        assert!(found.iter().zip(&exact).all(|(f, e)| (f - e).abs() < 0.05), "{found:?}, {exact:?}");
    }
}

/// The tiny BERT with one weight of a linear layer changed.
fn with_weight(value: f32) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(&folder("bert"), copy.path());
    let path = copy.path().join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let changed: Vec<_> = tensors
        .tensors()
        .into_iter()
        .map(|(name, view)| {
            let mut data = view.data().to_vec();
            if name.ends_with("intermediate.dense.weight") {
                match view.dtype() {
                    Dtype::F16 => data[..2].copy_from_slice(&half::f16::from_f32(value).to_le_bytes()),
                    Dtype::F32 => data[..4].copy_from_slice(&value.to_le_bytes()),
                    other => panic!("{other:?}"),
                }
            }
            (name, view.dtype(), view.shape().to_vec(), data)
        })
        .collect();
    let views = changed.iter().map(|(name, dtype, shape, data)| {
        (name.clone(), TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    std::fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy_folder(&path, &to);
        } else {
            std::fs::copy(&path, to).unwrap();
        }
    }
}

#[test]
fn a_weight_that_is_not_finite_is_an_error_at_every_precision() {
    for value in [f32::NAN, f32::INFINITY] {
        let model = with_weight(value);
        for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
            let encoded = SentenceEncoder::load_at(model.path(), precision)
                .and_then(|encoder| Ok(encoder.encode_items(&["the heart of men"])?));
            let error = encoded.unwrap_err().to_string();
            assert!(error.contains("finite number"), "{precision}: {error}");
        }
    }
}
