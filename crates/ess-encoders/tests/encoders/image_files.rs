//! Files of images against Pillow and transformers: see golden/make_images.py.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use ess_core::{ItemEncoder, QueryEncoder};
use ess_encoders::{Error, ImageEncoder, ImageFileEncoder};
use ess_testing::{
    Scratch,
    damage::{mutations, rounds},
    encoder::{item_encoder_conforms, query_encoder_conforms},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::folder::Folder;

/// Two levels of 255 behind the division by the smallest deviation, 0.2613: how far decoders of JPEG are apart. Measured: 2.92e-2.
const JPEG: f32 = 3.01e-2;
const SETTINGS: &str = "preprocessor_config.json";

#[derive(Deserialize)]
struct Golden {
    vectors: BTreeMap<String, Vec<f32>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    file: String,
    settings: Value,
    pixels: Vec<f32>,
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/images").join(name)
}

fn golden() -> Golden {
    serde_json::from_slice(&std::fs::read(file("golden.json")).unwrap()).unwrap()
}

fn clip() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/architectures/clip")
}

/// The tiny model with other settings of its processor.
fn with_settings(settings: &Value) -> Folder {
    Folder::of(&clip()).remove("processor_config.json").write(SETTINGS, settings.to_string().as_bytes())
}

/// Those of the tiny model's size of images, with a change.
fn changed(name: &str, value: Value) -> Result<ImageFileEncoder, Error> {
    let mut settings = json!({"size": {"shortest_edge": 12}, "crop_size": {"height": 12, "width": 12}});
    settings[name] = value;
    ImageFileEncoder::load(with_settings(&settings).root())
}

fn furthest(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max)
}

#[test]
fn pixels_are_those_of_pillow_and_transformers() {
    let cases = golden().cases;
    assert!(cases.len() > 35);
    let mut worst = [0.0_f32; 2];
    for Case { file: name, settings, pixels } in cases {
        let folder = with_settings(&settings);
        let encoder = ImageFileEncoder::load(folder.root()).unwrap();
        let far = furthest(&encoder.pixels(file(&name)).unwrap(), &pixels);
        let is_jpeg = name.ends_with(".jpg");
        worst[usize::from(is_jpeg)] = worst[usize::from(is_jpeg)].max(far);
        assert!(far <= if is_jpeg { JPEG } else { 1e-6 }, "{name} with {settings}: {far}");
    }
    println!("pixels: PNG and WebP {:.1e}, JPEG {:.1e}", worst[0], worst[1]);
}

#[test]
fn files_have_the_vectors_of_transformers_by_the_settings_of_the_folder() {
    let encoder = ImageFileEncoder::load(clip()).unwrap();
    let vectors = golden().vectors;
    let files: Vec<_> = vectors.keys().map(|name| file(name)).collect();
    let paths: Vec<_> = files.iter().map(PathBuf::as_path).collect();
    let items = encoder.encode_items(&paths).unwrap();
    for ((name, expected), found) in vectors.iter().zip(items.rows()) {
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let cosine = product(found, expected) / (product(found, found) * product(expected, expected)).sqrt();
        match name.ends_with(".jpg") {
            true => assert!(cosine > 0.999, "{name}: {cosine}"),
            false => assert!(furthest(found, expected) < 2e-5, "{name}: {found:?}, {expected:?}"),
        }
    }
    query_encoder_conforms(&encoder, &paths, 1e-5);
    item_encoder_conforms(&encoder, &paths, 1e-5);
    let numbers = encoder.pixels(&files[0]).unwrap();
    let of_numbers = ImageEncoder::load(clip()).unwrap().encode_queries(&[&numbers]).unwrap();
    assert!(furthest(of_numbers.row(0), items.row(0)) < 1e-5);
    assert!(encoder.encode_items(&[]).is_err());
}

#[test]
fn more_images_than_are_held_at_a_time_keep_their_order() {
    let encoder = ImageFileEncoder::load(clip()).unwrap();
    let two = ["small.png", "portrait.png"].map(file);
    let many: Vec<_> = two.iter().cycle().take(131).map(PathBuf::as_path).collect();
    let (many, two) =
        (encoder.encode_items(&many).unwrap(), encoder.encode_items(&[&two[0], &two[1]]).unwrap());
    assert!(many.rows().enumerate().all(|(at, row)| furthest(row, two.row(at % 2)) < 1e-5));
}

#[test]
fn an_image_that_was_taken_on_its_side_is_upright() {
    let encoder = ImageFileEncoder::load(clip()).unwrap();
    let lines = |name: &str| {
        let pixels = encoder.pixels(file(name)).unwrap();
        pixels.chunks(12).map(<[f32]>::to_vec).collect::<Vec<_>>()
    };
    // Without losses, on no side and on those of the numbers 8 and 5, which are mirror images.
    let [plain, turned, mirrored] = ["portrait.png", "turned.png", "turned.webp"].map(lines);
    assert_ne!(plain, turned);
    assert_ne!(turned, mirrored);
    let upside_down: Vec<_> = mirrored[..12].iter().rev().cloned().collect();
    assert_eq!(turned[..12], upside_down);
}

#[test]
fn the_content_says_of_which_format_a_file_is() {
    let encoder = ImageFileEncoder::load(clip()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let misnamed = folder.path().join("portrait.png");
    std::fs::copy(file("portrait.jpg"), &misnamed).unwrap();
    assert_eq!(encoder.pixels(misnamed).unwrap(), encoder.pixels(file("portrait.jpg")).unwrap());
}

#[test]
fn files_that_give_no_image_are_refused_by_their_path() {
    let encoder = ImageFileEncoder::load(clip()).unwrap();
    let refused = |path: &Path, words: &str| {
        let error = encoder.pixels(path).unwrap_err();
        assert!(matches!(&error, Error::Image { path: named, .. } if named == path), "{error}");
        assert!(error.to_string().contains(words), "{words:?} is not in {error}");
    };
    refused(&file("deep_grey.png"), "found 16 bits");
    refused(&file("cmyk.jpg"), "found CMYK");
    refused(&file("animated.png"), "an animation");
    refused(&file("animated.webp"), "an animation");
    refused(&file("huge.png"), "60000 × 60000");
    let folder = tempfile::tempdir().unwrap();
    let written = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    refused(&written("empty.png", b""), "an empty file");
    refused(&written("text.jpg", b"no image at all"), "JPEG, PNG or WebP");
    refused(&written("film.png", b"GIF89a\x01\0\x01\0"), "found GIF");
    let mut large = std::fs::read(file("grey.jpg")).unwrap();
    let sizes = large.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap() + 5;
    large[sizes..sizes + 4].fill(0xff);
    refused(&written("large.jpg", &large), "65535 × 65535");
    for missing in [folder.path().join("no such.png"), folder.path().to_owned()] {
        let error = encoder.encode_items(&[&missing]).unwrap_err();
        assert!(error.to_string().contains(&missing.display().to_string()), "{error}");
        assert!(matches!(encoder.pixels(&missing), Err(Error::Io { .. })));
    }
}

fn every_file() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(file("")).unwrap().map(|entry| entry.unwrap().path());
    let mut images: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|kind| kind != "json")).collect();
    images.sort();
    assert!(images.len() > 20);
    images
}

#[test]
fn torn_files_are_refused_wherever_they_end() {
    let encoder = ImageFileEncoder::load(clip()).unwrap();
    let torn = tempfile::NamedTempFile::new().unwrap();
    for path in every_file() {
        let whole = std::fs::read(&path).unwrap();
        let ends =
            (0..12).map(|part| whole.len() * part / 12).chain(whole.len().saturating_sub(40)..whole.len());
        for end in ends {
            std::fs::write(torn.path(), &whole[..end]).unwrap();
            let error = encoder.pixels(torn.path()).expect_err("a torn file");
            assert!(matches!(error, Error::Image { .. }), "{} cut at {end}: {error}", path.display());
        }
    }
}

#[test]
fn no_damaged_file_panics_or_hangs() {
    let encoder = ImageFileEncoder::load(clip()).unwrap();
    let scratch = Scratch::new();
    let damaged = scratch.path().join("damaged");
    let (mut all, mut read) = (0, 0);
    let files = every_file();
    let rounds = rounds(10_000).div_ceil(files.len());
    for (seed, path) in (400..).zip(files) {
        for bytes in mutations(&std::fs::read(path).unwrap(), seed, rounds) {
            std::fs::write(&damaged, bytes).unwrap();
            all += 1;
            match encoder.pixels(&damaged) {
                Ok(pixels) => read += usize::from(pixels.iter().all(|pixel| pixel.is_finite())),
                Err(error) => assert!(matches!(error, Error::Image { .. }), "{error}"),
            }
        }
    }
    println!("{all} damaged images, {read} of which are read");
    assert!(read > 0 && read < all);
}

#[test]
fn settings_that_are_not_known_or_not_heeded_are_refused_by_name() {
    let refused = [
        ("resample", json!(0)),
        ("resample", json!("bicubic")),
        ("size", json!({"longest_edge": 12})),
        ("size", json!({"shortest_edge": 12, "longest_edge": 20})),
        ("size", json!({"height": 12})),
        ("size", json!(0)),
        ("size", json!({"shortest_edge": 1 << 20})),
        ("crop_size", json!({"height": 12, "width": 13})),
        ("crop_size", json!({"shortest_edge": 12})),
        ("crop_size", json!(224)),
        ("image_mean", json!([0.5, 0.5])),
        ("image_std", json!([0.5, 0.0, 0.5])),
        ("image_std", json!("wide")),
        ("rescale_factor", json!(1e300)),
        ("do_pad", json!(true)),
        ("image_processor_type", json!("ViTImageProcessor")),
        ("data_format", json!("channels_last")),
        ("do_resise", json!(false)),
        ("crop_pct", json!(0.9)),
    ];
    for (name, value) in refused {
        let error = changed(name, value.clone()).map(drop).expect_err(name).to_string();
        assert!(error.contains(name) && error.contains(SETTINGS), "{name}: {value}: {error}");
    }
    let passes = [
        ("resample", Value::Null),
        ("do_pad", json!(false)),
        ("image_processor_type", json!("CLIPImageProcessorFast")),
        ("feature_extractor_type", json!("CLIPFeatureExtractor")),
        ("_valid_processor_keys", json!(["images"])),
    ];
    for (name, value) in passes {
        changed(name, value).map(drop).expect(name);
    }
}

#[test]
fn settings_stand_in_either_file_and_somewhere() {
    let nowhere = ImageFileEncoder::load(Folder::of(&clip()).remove("processor_config.json").root());
    let error = nowhere.map(drop).unwrap_err();
    assert!(matches!(&error, Error::MissingFile { file, .. } if file == SETTINGS), "{error}");
    // The newer file goes before the older.
    let both = Folder::of(&clip()).write(SETTINGS, br#"{"size": 7, "crop_size": 7}"#);
    ImageFileEncoder::load(both.root()).unwrap();
    // As transformers 4 writes it, without the processor of images.
    let older = with_settings(&json!({"size": 12, "crop_size": 12}))
        .write("processor_config.json", br#"{"processor_class": "CLIPProcessor"}"#);
    ImageFileEncoder::load(older.root()).unwrap();
    let misspelt = Folder::of(&clip())
        .edit("processor_config.json", |said| said["image_processor"]["resampel"] = json!(2));
    let error = ImageFileEncoder::load(misspelt.root()).map(drop).unwrap_err().to_string();
    assert!(error.contains("resampel") && error.contains("processor_config.json"), "{error}");
    let handed = Folder::of(&clip()).edit("sentence_bert_config.json", |said| {
        said["processing_kwargs"] = json!({"image": {"do_resize": false}})
    });
    let error = ImageFileEncoder::load(handed.root()).map(drop).unwrap_err().to_string();
    assert!(error.contains("processing_kwargs"), "{error}");
}

#[test]
fn an_image_that_stays_of_another_size_is_refused() {
    let unresized = with_settings(&json!({"do_resize": false, "do_center_crop": false}));
    let encoder = ImageFileEncoder::load(unresized.root()).unwrap();
    let error = encoder.pixels(file("small.png")).unwrap_err().to_string();
    assert!(error.contains("12 × 12") && error.contains("7 × 9"), "{error}");
    let unconverted = changed("do_convert_rgb", json!(false)).unwrap();
    for name in ["grey.png", "palette.png", "alpha.png", "colour_key.png", "grey.jpg", "alpha.webp"] {
        let error = unconverted.pixels(file(name)).unwrap_err().to_string();
        assert!(error.contains("do_convert_rgb"), "{name}: {error}");
    }
    unconverted.pixels(file("portrait.jpg")).unwrap();
}

#[test]
fn no_damaged_settings_panic() {
    let good = std::fs::read(clip().join("processor_config.json")).unwrap();
    let folder = Folder::of(&clip());
    let mut loaded = 0;
    let rounds = rounds(10_000);
    for bytes in mutations(&good, 77, rounds) {
        std::fs::write(folder.path("processor_config.json"), bytes).unwrap();
        let pixels = ImageFileEncoder::load(folder.root()).map(|encoder| encoder.pixels(file("small.png")));
        loaded += usize::from(pixels.is_ok());
    }
    assert!(loaded > 0 && loaded < rounds, "{loaded} of {rounds} are loaded");
}
