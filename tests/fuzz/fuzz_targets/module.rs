#![no_main]
//! Folders of searching modules with right checksums: the manifest and, after a zero byte, the weights.

use burn::tensor::Device;
use ess_core::{Embeddings, Identity};
use ess_files::{Checksum, unseal_json};
use ess_fuzz::{Folder, keep_seeds, parts, sealed, with_text};
use ess_search::{Averaging, Ensemble, ModuleDescription, OnDevice, PersistentModule, Registry, TwoSided};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const WEIGHTS: &str = "weights-0000000000000000.safetensors";

fn modules() -> Vec<(String, Box<dyn PersistentModule>)> {
    let part = |name: &str, kind: &str| {
        let config = json!({"query_dim": 2, "item_dim": 2});
        json!({"name": name, "module": {"kind": kind, "query_dim": 2, "item_dim": 2, "config": config}})
    };
    let kinds = [
        ("linear", json!({})),
        ("mlp", json!({"hidden": [3]})),
        ("key_value_memory", json!({"slots": 2, "sharpness": 20.0})),
        ("layer_transformer", json!({"shape": {"blocks": 1, "width": 4, "heads": 2, "hidden": 6}})),
        ("sequence", json!({"parts": [part("first", "linear"), part("second", "diagonal")]})),
    ];
    let registry = Registry::<Embeddings>::default();
    let mut modules: Vec<(String, Box<dyn PersistentModule>)> = Vec::new();
    for (kind, mut config) in kinds {
        if kind != "sequence" {
            config["query_dim"] = 2.into();
            config["item_dim"] = 2.into();
        }
        let description = ModuleDescription { kind: kind.to_owned(), query_dim: 2, item_dim: 2, config };
        let module = registry.init(&description, &Device::flex()).expect("a module");
        modules.push((kind.to_owned(), Box::new(OnDevice::new(module, &Device::flex()))));
    }
    let two = || -> Box<dyn PersistentModule> { Box::new(Identity::new(2)) };
    let ensemble = Ensemble::new(vec![two(), two()], Averaging::default()).expect("an ensemble");
    modules.push(("ensemble".to_owned(), Box::new(ensemble)));
    modules
}

fn seeds() -> impl Iterator<Item = (String, Vec<u8>)> {
    modules().into_iter().map(|(name, module)| {
        let folder = Folder::new();
        module.to_state().and_then(|state| state.save(folder.path())).expect("a saved module");
        let manifest = std::fs::read_to_string(folder.path().join("module.json")).expect("a manifest");
        let manifest =
            unseal_json(&manifest).expect("a sealed manifest").expect("a sealed manifest").into_owned();
        let parsed: Value = serde_json::from_str(&manifest).expect("a manifest");
        let weights = parsed["weights"]["file"].as_str().map(|name| folder.path().join(name));
        let weights = weights.map(|path| std::fs::read(path).expect("weights")).unwrap_or_default();
        (name, with_text(manifest.as_bytes(), &weights))
    })
}

/// The manifest with the weights' name and checksum as they are; as it is where it names none.
fn naming(manifest: &[u8], weights: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(manifest) {
        Ok(mut parsed) if parsed.get("weights").is_some_and(Value::is_object) => {
            parsed["weights"] = json!({"file": WEIGHTS, "checksum": Checksum::of(weights).to_string()});
            parsed.to_string().into_bytes()
        }
        _ => manifest.to_vec(),
    }
}

fuzz_target!(init: keep_seeds("module", seeds()), |bytes: &[u8]| {
    let (manifest, weights) = parts(bytes);
    let folder = Folder::new();
    folder.file(WEIGHTS, weights);
    folder.file("module.json", &sealed(&naming(manifest, weights)));
    let Ok(loaded) = TwoSided::load(folder.path(), &Registry::default(), &Device::flex()) else { return };
    let module = loaded.query_side();
    if module.query_dim() <= 64 {
        let queries = Embeddings::from_vec(vec![0.5; module.query_dim()], module.query_dim());
        let _ = queries.map(|queries| module.apply(&queries));
    }
});
