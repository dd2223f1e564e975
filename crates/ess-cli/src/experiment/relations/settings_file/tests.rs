//! Files that are of all models, by model, or neither.

use super::*;

fn by_model(text: &str) -> BTreeMap<String, ModelSettings> {
    match SettingsFile::parse(text).unwrap() {
        SettingsFile::ByModel(by_model) => by_model,
        SettingsFile::ForAll(training) => panic!("{training:?}"),
    }
}

#[test]
fn settings_of_one_model_are_values_and_lists_and_say_nothing_of_the_rest() {
    let text = r#"{
        "complex": {"n3": 0.01},
        "meim": {
            "model": {"dim": [100, 200], "partitions": 5, "orthogonality": 0.1},
            "learning_rate": [0.001, 0.003], "epochs": 7, "batch_norm": true
        }
    }"#;
    let found = by_model(text);
    let (complex, meim) = (&found["complex"], &found["meim"]);
    assert_eq!((&*complex.n3, &*complex.learning_rate, complex.epochs), (&[0.01][..], &[][..], None));
    assert!(complex.dim.is_empty() && complex.partitions.is_empty());
    assert_eq!((&*meim.n3, &*meim.learning_rate), (&[][..], &[0.001, 0.003][..]));
    assert_eq!((&*meim.dim, &*meim.partitions, meim.epochs), (&[100, 200][..], &[5][..], Some(7)));
    assert!(meim.training.batch_norm);
    assert_eq!((&*meim.training.model.name, meim.training.model.orthogonality), ("meim", 0.1));
}

#[test]
fn settings_of_all_models_are_read_as_they_were() {
    for text in ["{}", r#"{"epochs": 3}"#, r#"{"model": {"name": "mei", "partitions": 4}, "n3": 0.1}"#] {
        let SettingsFile::ForAll(training) = SettingsFile::parse(text).unwrap() else { panic!("{text}") };
        assert_eq!(training, serde_json::from_str(text).unwrap());
    }
}

#[test]
fn what_is_wrong_is_named_with_what_there_is() {
    let refused = |text: &str, words: &[&str]| {
        let error = format!("{:#}", SettingsFile::parse(text).err().unwrap());
        for word in words {
            assert!(error.contains(word), "{text}: {word} is not in {error}");
        }
    };
    refused(r#"{"complx": {}}"#, &["by model (dist_mult, complex, rotate", "`complx`", "`epochs`"]);
    refused(r#"{"mei": {}, "complx": {}}"#, &["relation model \"complx\"", "dist_mult, complex, rotate"]);
    refused(r#"{"complex": {}, "epochs": 3}"#, &["relation model \"epochs\"", "dist_mult, complex"]);
    refused(r#"{"complex": {"epoch": 3}}"#, &["settings of complex", "`epoch`", "`epochs`"]);
    refused(r#"{"mei": {"model": {"dims": 3}}}"#, &["settings of mei", "`dims`", "`partitions`"]);
    refused(r#"{"mei": {"model": {"name": "meim"}}}"#, &["settings of mei", "model.name", "\"mei\""]);
    refused(r#"{"mei": {"seed": 3}}"#, &["settings of mei", "--seeds"]);
    refused(r#"{"mei": {"n3": "much"}}"#, &["settings of mei", "n3", "much"]);
    refused(r#"{"mei": {"n3": []}}"#, &["n3", "empty list"]);
    refused(r#"{"mei": {"n3": [0.1, 0.2, 0.1]}}"#, &["n3: 0.1 is given twice"]);
    refused(r#"{"mei": 3}"#, &["settings of mei", "an object, found 3"]);
    refused(r#"{"batch": 3}"#, &["settings of relation training", "`batch`"]);
    refused(r#"{"model": {"nam": "mei"}}"#, &["settings of relation training", "`nam`"]);
    refused(r#"{"epochs": 0}"#, &["epochs must be"]);
    refused("[1]", &["settings of relation training"]);
}
