//! Folders that are no dataset.

use ess_kit::{Error, prelude::*};

use crate::folder::{Folder, points, write};

#[test]
fn a_folder_without_a_corpus_says_what_is_missing_what_is_there_and_what_writes_it() {
    let folder = Folder::new();
    std::fs::remove_file(folder.path("corpus.safetensors")).unwrap();
    let error = Dataset::open(folder.path("")).unwrap_err();
    let said = error.to_string();
    assert!(
        matches!(error, Error::NoStore { ref path, .. } if path.ends_with("corpus.safetensors")),
        "{said}"
    );
    assert!(said.contains("found one with queries.safetensors") && said.contains("write_store"), "{said}");

    std::fs::remove_file(folder.path("queries.safetensors")).unwrap();
    assert!(Dataset::open(folder.path("")).unwrap_err().to_string().contains("an empty one"));
    let nowhere = Dataset::open(folder.path("nowhere")).unwrap_err().to_string();
    assert!(nowhere.contains("nowhere") && nowhere.contains("none that can be read"), "{nowhere}");
}

#[test]
fn a_torn_file_is_named() {
    let folder = Folder::new();
    let path = folder.path("queries.safetensors");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = Dataset::open(folder.path("")).unwrap_err();
    assert!(matches!(error, Error::Data(_)) && error.to_string().contains("queries.safetensors"), "{error}");
}

#[test]
fn passages_of_other_items_are_refused_by_the_file() {
    let folder = Folder::new();
    assert!(folder.open().passages().unwrap().is_none());
    write(&folder.path("passages.safetensors"), 'x', &points(0.0, 1.0), &Provenance::default());
    let error = folder.open().passages().unwrap_err();
    assert!(matches!(error, Error::Passages { .. }), "{error}");
    assert!(error.to_string().contains("passages.safetensors"), "{error}");
}

#[test]
fn token_states_that_are_not_there_are_refused_with_what_writes_them() {
    let dataset = Folder::new().open();
    #[cfg(feature = "searchers")]
    assert!(dataset.item_tokens().unwrap().is_none());
    let error = dataset.token_dim().unwrap_err();
    assert!(matches!(error, Error::NoTokenStates { .. }), "{error}");
    assert!(error.to_string().contains("encode --states"), "{error}");
}

#[test]
fn items_of_a_cosine_encoder_are_brought_to_unit_norm_and_others_are_left() {
    let cosine = Provenance { similarity: Some("cosine".into()), ..Provenance::default() };
    let norm = |dataset: &Dataset| dataset.items().row(3).iter().map(|x| x * x).sum::<f32>().sqrt();
    assert!((norm(&Folder::with_provenance(2.0, &cosine).open()) - 1.0).abs() < 1e-6);
    assert!((norm(&Folder::with_provenance(2.0, &Provenance::default()).open()) - 2.0).abs() < 1e-6);
}
