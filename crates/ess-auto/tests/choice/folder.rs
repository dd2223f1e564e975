//! A choice in a folder.

use std::path::Path;

use ess_auto::{AutoConfig, AutoModule, Error};
use ess_core::{Identity, Searcher};
use ess_search::PersistentModule;

use crate::generated::{World, fit};

#[test]
fn a_saved_choice_searches_as_before() {
    let world = World::new(80, 1);
    let (collection, train) = (world.collection(), world.queries(60, 2));
    let mut config = AutoConfig::default();
    config.trained_modules.retain(|module| ["ridge 3", "linear, 40 steps"].contains(&&module.name[..]));
    config.trained_modules.iter_mut().for_each(|module| module.trainer.max_steps = 3);
    let (module, report) = fit(&collection, &train, config);
    assert_eq!(report.trials.len(), 4, "{:?}", report.skipped);

    let folder = tempfile::tempdir().unwrap();
    module.save(folder.path()).unwrap();
    module.save(folder.path()).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    let loaded = AutoModule::load(folder.path()).unwrap().unwrap();
    assert_eq!(loaded, module);
    let texts: Vec<&str> = train.texts().unwrap().iter().map(String::as_str).collect();
    let queries = collection.encode(train.set().encodings(), &texts).unwrap();
    let hits = |module: &AutoModule| {
        let searcher = module.bind(&collection).unwrap();
        assert!(searcher.knows_collection());
        (searcher.search(train.set().encodings(), 80).unwrap(), searcher.search(&queries, 5).unwrap())
    };
    assert_eq!(hits(&loaded), hits(&module));
}

#[test]
fn damage_is_found_and_other_modules_are_told_apart() {
    let world = World::new(30, 3);
    let (module, _) = fit(&world.collection(), &world.queries(20, 4), crate::generated::config());
    let folder = tempfile::tempdir().unwrap();
    module.save(folder.path()).unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let whole = std::fs::read(&path).unwrap();
        for cut in [0, 1, whole.len() / 2, whole.len() - 2] {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let error = AutoModule::load(folder.path()).unwrap_err();
            assert!(error.to_string().contains(path.file_name().unwrap().to_str().unwrap()), "{error}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(AutoModule::load(folder.path()).is_err());
        std::fs::write(&path, &whole).unwrap();
    }
    assert!(AutoModule::load(folder.path()).unwrap().is_some());

    let manifest = folder.path().join("module.json");
    let mut later: serde_json::Value = serde_json::from_slice(&std::fs::read(&manifest).unwrap()).unwrap();
    later["module"]["config"]["version"] = 9.into();
    // As manifests were before they had checksums.
    later["version"] = 1.into();
    later.as_object_mut().unwrap().remove("checksum");
    std::fs::write(&manifest, later.to_string()).unwrap();
    let error = AutoModule::load(folder.path()).unwrap_err();
    assert!(matches!(&error, Error::Format { found, .. } if found == "9"), "{error}");

    Identity::new(3).to_state().unwrap().save(folder.path()).unwrap();
    assert_eq!(AutoModule::load(folder.path()).unwrap(), None);
}

#[test]
fn no_changed_byte_is_loaded_and_names_of_modules_are_compared_with_those_that_are_there() {
    let world = World::new(40, 1);
    let config = AutoConfig {
        trained_modules: AutoConfig::default().trained_modules[..1].to_vec(),
        ..AutoConfig::default()
    };
    let (module, report) = fit(&world.bare_collection(), &world.queries(24, 2), config);
    let folder = tempfile::tempdir().unwrap();
    module.save(folder.path()).unwrap();
    std::fs::write(folder.path().join("plan-mine.json"), "{}").unwrap();
    module.save(folder.path()).unwrap();
    assert_eq!(std::fs::read_to_string(folder.path().join("plan-mine.json")).unwrap(), "{}");
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("plan-mine.json") {
            continue;
        }
        let whole = std::fs::read(&path).unwrap();
        // The last byte of a manifest is a line's end.
        for at in 0..whole.len() - 1 {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            std::fs::write(&path, &damaged).unwrap();
            assert!(AutoModule::load(folder.path()).is_err(), "byte {at} of {}", path.display());
        }
        std::fs::write(&path, &whole).unwrap();
    }
    assert_eq!(AutoModule::load(folder.path()).unwrap(), Some(module));

    // As it was before manifests had checksums, with a letter changed in the name of a module.
    let manifest = folder.path().join("module.json");
    let mut old: serde_json::Value = serde_json::from_slice(&std::fs::read(&manifest).unwrap()).unwrap();
    old.as_object_mut().unwrap().remove("checksum");
    old["version"] = 1.into();
    std::fs::write(&manifest, old.to_string()).unwrap();
    assert!(AutoModule::load(folder.path()).unwrap().is_some(), "{report:?}");
    let modules = old["module"]["config"]["modules"].as_object_mut().unwrap();
    modules.insert(
        "ridfe 30".to_owned(),
        serde_json::json!({"kind": "identity", "query_dim": 12, "item_dim": 12, "config": {}}),
    );
    std::fs::write(&manifest, old.to_string()).unwrap();
    let error = AutoModule::load(folder.path()).unwrap_err();
    assert!(error.to_string().contains("ridfe 30"), "{error}");
}

#[test]
fn a_choice_by_other_stems_is_told_from_one_by_these() {
    let world = World::new(40, 1);
    let (module, _) = fit(&world.collection(), &world.queries(24, 2), crate::generated::config());
    let folder = tempfile::tempdir().unwrap();
    module.save(folder.path()).unwrap();
    let loaded = AutoModule::load(folder.path()).unwrap().unwrap();
    assert!(loaded.hybrid().is_some() && !loaded.has_other_stems());

    // As plans were before they said it, and as one of another version.
    let saved = plan(folder.path());
    assert!(saved["stems"].is_string(), "{saved}");
    for stems in [None, Some("Snowball 2.0")] {
        let mut other = saved.clone();
        let fields = other.as_object_mut().unwrap();
        fields.remove("stems");
        fields.extend(stems.map(|stems| ("stems".to_owned(), stems.into())));
        replace_plan(folder.path(), &other);
        let loaded = AutoModule::load(folder.path()).unwrap().unwrap();
        assert!(loaded.has_other_stems(), "{stems:?}");
        assert_eq!(loaded.hybrid(), module.hybrid());
    }

    let (without_texts, _) = fit(&world.bare_collection(), &world.queries(24, 2), crate::generated::config());
    assert!(!without_texts.has_other_stems());
}

fn manifest(folder: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(folder.join("module.json")).unwrap()).unwrap()
}

fn plan(folder: &Path) -> serde_json::Value {
    let name = manifest(folder)["module"]["config"]["plan"].as_str().unwrap().to_owned();
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

/// Puts another plan in place of the one that is there, as a whole folder of version 1 has it.
fn replace_plan(folder: &Path, plan: &serde_json::Value) {
    let text = plan.to_string();
    std::fs::write(folder.join("plan-other.json"), &text).unwrap();
    let mut manifest = manifest(folder);
    manifest["module"]["config"]["plan"] = "plan-other.json".into();
    manifest["module"]["config"]["checksum"] = ess_files::Checksum::of(text.as_bytes()).to_string().into();
    manifest["version"] = 1.into();
    manifest.as_object_mut().unwrap().remove("checksum");
    std::fs::write(folder.join("module.json"), manifest.to_string()).unwrap();
}
