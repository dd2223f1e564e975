//! CLIP's tower of images against transformers: see golden/make_architectures.py.

use std::path::{Path, PathBuf};

use crate::folder::Folder;
use ess_core::{ItemEncoder, QueryEncoder};
use ess_encoders::{Error, ImageEncoder, SentenceEncoder};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Golden {
    pixels: Vec<Vec<f32>>,
    images: Vec<Vec<f32>>,
}

fn clip() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/architectures/clip")
}

fn golden() -> Golden {
    serde_json::from_slice(&std::fs::read(clip().join("golden.json")).unwrap()).unwrap()
}

fn furthest(folder: &Path, expected: &[Vec<f32>]) -> f32 {
    let encoder = ImageEncoder::load(folder).unwrap();
    let pixels = golden().pixels;
    let images: Vec<_> = pixels.iter().map(Vec::as_slice).collect();
    let found = encoder.encode_items(&images).unwrap();
    assert_eq!((found.len(), found.dim()), (expected.len(), encoder.dim()));
    assert_eq!(encoder.encode_queries(&images[1..]).unwrap().row(0), found.row(1), "an image alone");
    let pairs = found.rows().zip(expected).flat_map(|(f, e)| f.iter().zip(e).map(|(f, e)| (f - e).abs()));
    pairs.fold(0.0, f32::max)
}

#[test]
fn images_have_the_vectors_of_transformers_in_the_space_of_texts() {
    let furthest = furthest(&clip(), &golden().images);
    println!("images: {furthest:.1e}");
    assert!(furthest < 2e-5, "{furthest}");
    let encoder = ImageEncoder::load(clip()).unwrap();
    assert_eq!((encoder.side(), encoder.dim()), (12, SentenceEncoder::load(clip()).unwrap().dim()));
}

#[test]
fn the_tower_of_images_alone_and_what_follows_it() {
    let alone = Folder::of(&clip()).remove("modules.json").edit("config.json", |config| {
        let mut tower = config["vision_config"].take();
        tower["projection_dim"] = config["projection_dim"].take();
        *config = tower;
    });
    assert!(furthest(alone.root(), &golden().images) < 2e-5);
    let normalised = Folder::of(&clip()).edit("modules.json", |modules| {
        let normalise = json!({"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"});
        modules.as_array_mut().unwrap().push(normalise);
    });
    let unit = |row: &Vec<f32>| {
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        row.iter().map(|x| x / norm).collect()
    };
    let expected: Vec<_> = golden().images.iter().map(unit).collect();
    assert!(furthest(normalised.root(), &expected) < 2e-5);
}

#[test]
fn vectors_are_cut_to_the_numbers_that_the_model_keeps() {
    let cut = Folder::of(&clip()).edit("config_sentence_transformers.json", |model| {
        model["truncate_dim"] = 3.into();
        model["similarity_fn_name"] = "dot".into();
    });
    let expected: Vec<_> = golden().images.iter().map(|row| row[..3].to_vec()).collect();
    assert!(furthest(cut.root(), &expected) < 2e-5);
    let encoder = ImageEncoder::load(cut.root()).unwrap();
    assert_eq!((encoder.similarity(), encoder.normalizes(), encoder.colours()), (Some("dot"), false, 3));
}

#[test]
fn images_that_are_none_are_refused() {
    let encoder = ImageEncoder::load(clip()).unwrap();
    let [good, short, nan] = [vec![0.0; 432], vec![0.0; 431], vec![f32::NAN; 432]];
    assert!(encoder.encode_items(&[]).is_err());
    for bad in [&short, &nan] {
        let error = encoder.encode_items(&[&good, bad]).unwrap_err().to_string();
        assert!(error.contains("in image 1"), "{error}");
    }
}

#[test]
fn wrong_folders_are_refused_by_name() {
    let cases: [(&str, Value, &str); 8] = [
        ("patch_size", json!(13), "patch_size"),
        ("patch_size", json!(3), "patch_embedding"),
        ("image_size", json!(16), "position_embedding"),
        ("patch_size", json!(0), "patch_size"),
        ("image_size", json!(1_u64 << 40), "image_size"),
        ("num_channels", json!(1), "patch_embedding"),
        ("hidden_act", json!("relu6"), "hidden_act"),
        ("window_size", json!(2), "window_size"),
    ];
    for (name, value, named) in cases {
        let folder = Folder::of(&clip()).edit("config.json", |config| config["vision_config"][name] = value);
        let error = ImageEncoder::load(folder.root()).map(drop).unwrap_err();
        assert!(error.to_string().contains(named), "{name}: {error}");
    }
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny/bert");
    let error = ImageEncoder::load(text).map(drop).unwrap_err();
    assert!(matches!(&error, Error::Config { field: "model_type", .. }), "{error}");
}
