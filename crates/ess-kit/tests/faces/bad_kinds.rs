//! Kinds of module that are not known, or come another way.

use ess_kit::{Error, prelude::*, search::Error as SearchError, train::Error as TrainError};

use crate::folder::Folder;

#[test]
fn a_kind_of_another_feature_names_the_feature_or_how_it_comes() {
    let error = Training::named("auto").unwrap_err();
    let said = error.to_string();
    match cfg!(feature = "auto") {
        true => {
            assert!(matches!(error, Error::OtherModule { .. }) && said.contains("AutoModule::load"), "{said}")
        }
        false => {
            assert!(matches!(error, Error::FeatureOff { feature: "auto", .. }), "{said}");
            assert!(said.contains(r#"features = ["auto"]"#), "{said}");
        }
    }
    assert!(matches!(
        Training::named("linaer"),
        Err(Error::Train(TrainError::UnknownRecipe { found, .. })) if found == "linaer"
    ));
}

#[test]
fn a_saved_module_of_another_kind_says_how_it_is_loaded() {
    let folder = Folder::new();
    let save = |kind: &str| {
        let mut state = Identity::new(2).to_state().unwrap();
        state.description.kind = kind.to_owned();
        let path = folder.path(kind);
        state.save(&path).unwrap();
        load_module(path).err().unwrap()
    };
    let error = save("upper_layers");
    let expected = match cfg!(feature = "split") {
        true => matches!(error, Error::OtherModule { .. }) && error.to_string().contains("UpperLayers"),
        false => matches!(error, Error::FeatureOff { feature: "split", .. }),
    };
    assert!(expected, "{error}");
    assert!(matches!(
        save("of_my_own"),
        Error::Search(SearchError::UnknownKind { kind, .. }) if kind == "of_my_own"
    ));
    assert!(matches!(load_module(folder.path("nowhere")), Err(Error::Search(_))));
}

#[test]
fn a_kind_that_reads_token_states_is_refused_on_embeddings() {
    let folder = Folder::new();
    let dataset = folder.open();
    let (train, dev) = dataset.train_and_dev(folder.qrels(&["q0\td0\t1", "q1\td1\t1"]), 0.5, 0).unwrap();
    let fitted = Training::named("token_attention").unwrap().fit(&dataset, &train, &dev);
    assert!(matches!(
        fitted.err(),
        Some(Error::Train(TrainError::AnotherEncoding { kind: "token_attention", .. }))
    ));
}
