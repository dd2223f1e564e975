//! Module folders as disks and hands damage them, with checksums that are right all the same.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{collections::BTreeMap, fs, path::Path};

use burn::tensor::Device;
use ess_core::{Embeddings, Identity, MatrixModule};
use ess_files::{Checksum, seal_json, unseal_json};
use ess_search::{
    Averaging, Ensemble, ItemOffsets, ItemSide, ModuleDescription, ModuleState, PersistentModule, Registry,
    TwoSided,
};
use ess_testing::{
    Scratch,
    damage::{mutations, rounds},
};
use ndarray::array;
use serde_json::{Value, json};

/// Modules of several sorts: trained, composed, averaged, and of two sides.
fn states() -> Vec<ModuleState> {
    let dims = |more: Value| {
        let mut config = json!({"query_dim": 2, "item_dim": 2});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    };
    let description = |kind: &str, config: Value| ModuleDescription {
        kind: kind.into(),
        query_dim: 2,
        item_dim: 2,
        config,
    };
    let part =
        |name: &str, kind: &str, more: Value| json!({"name": name, "module": description(kind, dims(more))});
    let parts = json!([part("first", "linear", json!({})), part("second", "mlp", json!({"hidden": [3]}))]);
    let registry = Registry::default();
    let trained = [
        description("key_value_memory", dims(json!({"slots": 2, "sharpness": 20.0}))),
        description(
            "layer_transformer",
            dims(json!({"shape": {"blocks": 1, "width": 4, "heads": 2, "hidden": 6}})),
        ),
        description("sequence", json!({"parts": parts})),
    ];
    let mut states: Vec<ModuleState> = trained
        .iter()
        .map(|description| {
            ess_search::OnDevice::new(registry.init(description, &Device::flex()).unwrap(), &Device::flex())
        })
        .map(|module| module.to_state().unwrap())
        .collect();
    let swap = || MatrixModule::new(array![[0.0, 1.0], [1.0, 0.0]]).unwrap();
    let members: Vec<Box<dyn PersistentModule>> = vec![Box::new(Identity::new(2)), Box::new(swap())];
    states.push(Ensemble::new(members, Averaging::default()).unwrap().to_state().unwrap());
    let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]]).unwrap();
    let moved = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 2.0]]).unwrap();
    let offsets = ItemSide::Offsets(ItemOffsets::between(&items, &moved).unwrap());
    states.push(TwoSided::new(Box::new(swap()), offsets).unwrap().to_state().unwrap());
    states
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

/// A new file each time: some file systems wait for the disk when a file is cut to be written again.
fn replace(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::remove_file(path).ok();
    fs::write(path, bytes).unwrap();
}

/// Loads, builds and applies whatever is there: a module or an error, and no panic.
fn used(folder: &Path) -> bool {
    let Ok(loaded) = TwoSided::load(folder, &Registry::default(), &Device::flex()) else { return false };
    let module = loaded.query_side();
    if module.query_dim() <= 64 {
        let queries = Embeddings::from_vec(vec![0.5; module.query_dim()], module.query_dim());
        let _ = queries.map(|queries| module.apply(&queries));
    }
    true
}

#[test]
fn damaged_manifests_with_right_checksums_are_modules_or_errors() {
    let states = states();
    let rounds = rounds(10_000) / states.len();
    let mut read = 0;
    for (seed, state) in states.iter().enumerate() {
        let folder = Scratch::new();
        state.save(folder.path()).unwrap();
        let path = folder.path().join("module.json");
        let sealed = fs::read_to_string(&path).unwrap();
        let good = unseal_json(&sealed).unwrap().unwrap();
        for bytes in mutations(good.as_bytes(), seed as u64, rounds) {
            match String::from_utf8(bytes) {
                Ok(text) if text.trim_end().ends_with('}') => replace(&path, seal_json(&text)),
                Ok(text) => replace(&path, text),
                Err(error) => replace(&path, error.into_bytes()),
            }
            read += usize::from(used(folder.path()));
        }
    }
    println!("{} damaged manifests, {read} of which are modules", rounds * states.len());
    assert!(read > 0, "the checksums were not right");
}

#[test]
fn damaged_weights_with_right_checksums_are_modules_or_errors() {
    const WEIGHTS: &str = "weights-0000000000000000.safetensors";
    let states = states();
    let rounds = rounds(10_000) / states.len();
    let mut read = 0;
    for (seed, state) in states.iter().enumerate() {
        let folder = Scratch::new();
        state.save(folder.path()).unwrap();
        let saved = files(folder.path());
        let (_, good) = saved.iter().find(|(name, _)| name.starts_with("weights-")).unwrap();
        let manifest = String::from_utf8(saved["module.json"].clone()).unwrap();
        let mut manifest: Value = serde_json::from_str(&unseal_json(&manifest).unwrap().unwrap()).unwrap();
        for bytes in mutations(good, 100 + seed as u64, rounds) {
            let checksum = Checksum::of(&bytes).to_string();
            manifest["weights"] = json!({"file": WEIGHTS, "checksum": checksum});
            replace(&folder.path().join("module.json"), seal_json(&manifest.to_string()));
            replace(&folder.path().join(WEIGHTS), bytes);
            read += usize::from(used(folder.path()));
        }
    }
    println!("{} damaged weights, {read} of which are a module's", rounds * states.len());
    assert!(read > 0, "the checksums were not right");
}
