//! Plans, manifests and journals as disks and hands damage them, with checksums that are right all the same: 10 000 of each,
//! a million with `ESS_NIGHTLY=1`.

use std::{fs, path::Path};

use ess_auto::{Auto, AutoModule, AutoQueries, Collection, Error};
use ess_core::Searcher;
use ess_files::{Checksum, seal_json, unseal_json};
use ess_testing::{
    Scratch,
    damage::{mutations, rounds},
};
use ess_train::Progress;
use serde_json::Value;

use crate::generated::{World, config, fit};

/// A new file each time: some file systems wait for the disk when a file is cut to be written again.
fn replace(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::remove_file(path).ok();
    fs::write(path, bytes).unwrap();
}

fn unsealed(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    unseal_json(&text).unwrap().unwrap().into_owned()
}

/// With a checksum, if it still ends as a file with a checksum does.
fn sealed(bytes: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(text) if text.trim_end().ends_with('}') => seal_json(&text).into_bytes(),
        Ok(text) => text.into_bytes(),
        Err(error) => error.into_bytes(),
    }
}

/// A saved choice, and what it is searched with.
struct Saved {
    folder: Scratch,
    collection: Collection,
    queries: AutoQueries,
}

impl Saved {
    fn new() -> Self {
        let world = World::new(30, 1);
        let (collection, train) = (world.collection(), world.queries(24, 2));
        let (module, _) = fit(&collection, &train, config());
        let folder = Scratch::new();
        module.save(folder.path()).unwrap();
        let two = train.set().encodings().select(&[0, 5]).unwrap();
        let queries = collection.encode(&two, &["what is name1x3", "group5"]).unwrap();
        Self { folder, collection, queries }
    }

    /// Loads and searches with whatever is there; whether it is a choice. What was read must find something for every query.
    fn searches(&self) -> bool {
        let Ok(Some(module)) = AutoModule::load(self.folder.path()) else { return false };
        let Ok(searcher) = module.bind(&self.collection) else { return true };
        for found in [searcher.search(&self.queries, 3), searcher.search(self.queries.dense(), 30)] {
            assert!(found.into_iter().flatten().all(|hits| !hits.is_empty()));
        }
        true
    }
}

#[test]
fn a_damaged_plan_is_refused_or_searches() {
    let saved = Saved::new();
    let manifest = saved.folder.path().join("module.json");
    let mut described: Value = serde_json::from_str(&unsealed(&manifest)).unwrap();
    let plan = saved.folder.path().join(described["module"]["config"]["plan"].as_str().unwrap());
    let (good, rounds, mut read) = (fs::read(&plan).unwrap(), rounds(10_000), 0);
    for bytes in mutations(&good, 1, rounds) {
        described["module"]["config"]["checksum"] = Checksum::of(&bytes).to_string().into();
        replace(&manifest, seal_json(&described.to_string()));
        replace(&plan, bytes);
        read += usize::from(saved.searches());
    }
    println!("{rounds} damaged plans, {read} of which are a choice's");
    assert!(read > 0, "the checksums were not right");
}

#[test]
fn a_damaged_manifest_is_refused_or_searches() {
    let saved = Saved::new();
    let manifest = saved.folder.path().join("module.json");
    let (good, rounds, mut read) = (unsealed(&manifest), rounds(10_000), 0);
    for bytes in mutations(good.as_bytes(), 2, rounds) {
        replace(&manifest, sealed(bytes));
        read += usize::from(saved.searches());
    }
    println!("{rounds} damaged manifests, {read} of which are a choice's");
    assert!(read > 0, "the checksums were not right");
}

#[test]
fn a_damaged_journal_is_refused_or_gone_on_from() {
    let world = World::new(30, 1);
    let (collection, train) = (world.collection(), world.queries(20, 2));
    let folder = Scratch::new();
    let journal = folder.path().join("journal.json");
    let auto = Auto::new(config()).unwrap().with_progress(Progress::Silent);
    let fit = || auto.fit(&collection, &train, None, Some(&journal));
    fit().unwrap();
    // All of the budget is spent, so that nothing is tried again.
    let mut contents: Value = serde_json::from_str(&unsealed(&journal)).unwrap();
    contents["spent"] = 1e9.into();
    let (good, rounds, mut read) = (contents.to_string(), rounds(10_000), 0);
    // One of other inputs is begun anew, which takes its time.
    let inputs = contents["inputs"].as_str().unwrap().as_bytes();
    let same = |bytes: &Vec<u8>| bytes.windows(inputs.len()).any(|window| window == inputs);
    for bytes in mutations(good.as_bytes(), 3, usize::MAX).filter(same).take(rounds) {
        replace(&journal, sealed(bytes));
        match fit() {
            Ok((module, _)) => {
                read += 1;
                let saved = Scratch::new();
                module.save(saved.path()).unwrap();
                assert_eq!(AutoModule::load(saved.path()).unwrap(), Some(module));
            }
            Err(error) => {
                assert!(matches!(&error, Error::Format { path, .. } if *path == journal), "{error}")
            }
        }
    }
    println!("{rounds} damaged journals, {read} of which are gone on from");
    assert!(read > 0, "the checksums were not right");
}
