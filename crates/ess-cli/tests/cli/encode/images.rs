//! `encode --images`: a folder or a list of images as items, beside texts as queries.

use std::path::{Path, PathBuf};

use ess_core::ItemEncoder;
use ess_data::EmbeddingStore;
use ess_encoders::ImageFileEncoder;
use tempfile::TempDir;

use super::{Beir, tiny_model};
use crate::program::{Outcome, read_json, run};

fn clip() -> PathBuf {
    tiny_model().join("../../architectures/clip")
}

fn golden(name: &str) -> PathBuf {
    tiny_model().join("../../images").join(name)
}

/// A folder of images, with one in a folder below it, and a file that is none.
fn images() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("below")).unwrap();
    for (name, from) in [
        ("b.png", "portrait.png"),
        ("below/a.jpg", "wide.jpg"),
        ("below/c.webp", "portrait.webp"),
        ("a.PNG", "grey.png"),
    ] {
        std::fs::copy(golden(from), folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("notes.txt"), "below/c.webp\nb.png\n").unwrap();
    folder
}

const IDS: [&str; 4] = ["a.PNG", "b.png", "below/a.jpg", "below/c.webp"];

fn encode(images: &Path, out: &Path, more: &[&str]) -> Outcome {
    let own = ["--images".as_ref(), images.as_os_str(), "--model".as_ref(), clip().as_os_str()]
        .map(ToOwned::to_owned);
    let out = ["--out".as_ref(), out.as_os_str(), "--quiet".as_ref()].map(ToOwned::to_owned);
    run("encode", own.into_iter().chain(out).chain(more.iter().map(Into::into)))
}

fn store(out: &Path) -> EmbeddingStore {
    EmbeddingStore::open(out.join("corpus.safetensors")).unwrap()
}

#[track_caller]
fn has_vectors_of(out: &Path, folder: &Path, ids: &[&str]) {
    let store = store(out);
    assert_eq!(store.ids().as_slice(), ids);
    let files: Vec<_> = ids.iter().map(|id| folder.join(id)).collect();
    let files: Vec<_> = files.iter().map(PathBuf::as_path).collect();
    let expected = ImageFileEncoder::load(clip()).unwrap().encode_items(&files).unwrap();
    let found = store.to_embeddings().unwrap();
    let far = found.as_slice().iter().zip(expected.as_slice()).map(|(f, e)| (f - e).abs());
    assert!(far.fold(0.0, f32::max) < 1e-5);
}

#[test]
fn a_folder_of_images_becomes_items_and_texts_of_the_same_model_are_their_queries() {
    let (images, beir) = (images(), Beir::new(3, 5));
    let json = beir.0.path().join("report.json");
    encode(images.path(), &beir.out(), &["--dtype", "f32", "--part", "3", "--json", json.to_str().unwrap()])
        .succeeded();
    has_vectors_of(&beir.out(), images.path(), &IDS);
    let report = read_json(&json);
    assert_eq!((report["items"].as_u64(), report["dim"].as_u64()), (Some(4), Some(8)));
    assert!(!beir.out().join("queries.safetensors").exists() && !beir.out().join("parts").exists());
    run("encode", beir.arguments_for(&clip(), &["--queries-only"])).succeeded();
    let queries = EmbeddingStore::open(beir.out().join("queries.safetensors")).unwrap();
    let (queries, items) = (queries.provenance().clone(), store(&beir.out()).provenance().clone());
    assert_eq!((&queries.encoder, &queries.similarity), (&items.encoder, &items.similarity));
    assert!(items.encoder.unwrap().starts_with("clip ") && items.text.is_none() && items.inputs.is_some());
}

#[test]
fn a_second_run_takes_what_is_there_and_a_changed_image_is_encoded_again() {
    let (images, place) = (images(), tempfile::tempdir().unwrap());
    let out = place.path().join("out");
    let again = || {
        encode(images.path(), &out, &["--dtype", "f32", "--part", "2"]).succeeded();
        std::fs::read(out.join("corpus.safetensors")).unwrap()
    };
    let first = again();
    assert_eq!(again(), first);
    // A part of other files under its name is not taken.
    let parts = out.join("parts");
    std::fs::create_dir(&parts).unwrap();
    std::fs::write(parts.join("0-by-2.corpus.safetensors"), &first).unwrap();
    std::fs::copy(golden("small.png"), images.path().join("b.png")).unwrap();
    assert_ne!(again(), first);
    has_vectors_of(&out, images.path(), &IDS);
}

#[test]
fn a_list_keeps_its_order_and_shares_are_of_its_lines() {
    let (images, place) = (images(), tempfile::tempdir().unwrap());
    let list = images.path().join("notes.txt");
    encode(&list, place.path(), &["--dtype", "f32"]).succeeded();
    has_vectors_of(place.path(), images.path(), &["below/c.webp", "b.png"]);
    encode(&list, place.path(), &["--shard", "2/2"]).succeeded();
    let share = EmbeddingStore::open(place.path().join("corpus.2-of-2.safetensors")).unwrap();
    assert_eq!(share.ids().as_slice(), ["b.png"]);
}

#[test]
fn what_is_no_image_and_flags_of_texts_are_refused_by_name() {
    let (images, place) = (images(), tempfile::tempdir().unwrap());
    let refused = |images: &Path, flags: &[&str], words: &[&str]| {
        encode(images, place.path(), flags).failed_with(words)
    };
    refused(place.path(), &[], &["expected images, found none"]);
    refused(&place.path().join("nothing"), &[], &["--images", "found nothing"]);
    refused(images.path(), &["--max-tokens", "9"], &["--max-tokens", "--images"]);
    refused(images.path(), &["--queries-only"], &["--queries-only", "--images"]);
    refused(images.path(), &["--precision", "int8"], &["--precision", "f32, in which images are encoded"]);
    std::fs::write(images.path().join("twice.txt"), "b.png\nb.png\n").unwrap();
    refused(&images.path().join("twice.txt"), &[], &["b.png"]);
    std::fs::write(images.path().join("missing.txt"), "b.png\nno such.png\n").unwrap();
    refused(&images.path().join("missing.txt"), &[], &["no such.png"]);
    std::fs::copy(golden("animated.png"), images.path().join("moving.png")).unwrap();
    refused(images.path(), &[], &["moving.png", "an animation"]);
    run("encode", ["--model", "no-such-model", "--out", "nowhere"]).failed_with(&["--beir"]);
}
