//! A choice in a folder.

use ess_auto::{AutoConfig, AutoModule, Error};
use ess_core::{Identity, Searcher};
use ess_search::PersistentModule;

use crate::generated::{World, fit};

#[test]
fn a_saved_choice_searches_as_before() {
    let world = World::new(80, 1);
    let (collection, train) = (world.collection(), world.queries(60, 2));
    let mut config = AutoConfig::default();
    config.heads.retain(|head| ["ridge 3", "linear, 40 steps"].contains(&&head.name[..]));
    config.heads.iter_mut().for_each(|head| head.trainer.max_steps = 3);
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
