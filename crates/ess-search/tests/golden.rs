//! Folders of earlier format versions stay readable.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use ess_core::{Embeddings, SearchModule};
use ess_files::{FolderLock, unseal_json};
use ess_search::{
    Attachments, HostTensor, Linear, LinearConfig, ModuleState, OnDevice, PersistentModule, Registry,
    TrainableModule,
};
use serde_json::json;

const MANIFEST: &str = "module.json";

fn golden(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(version)
}

/// A linear module from 3 to 2 dimensions whose parameters are quarters, counted from −0.5.
fn linear() -> ModuleState {
    let (config, device) = (LinearConfig::new(3, 2), Device::flex());
    let mut state = OnDevice::new(Linear::init(&config, &device).unwrap(), &device).to_state().unwrap();
    for (name, tensor) in &mut state.tensors {
        let values = (0..tensor.values().len()).map(|i| i as f32 * 0.25 - 0.5).collect();
        *tensor = HostTensor::new(name, tensor.shape().to_vec(), values).unwrap();
    }
    state
}

fn documents() -> Attachments {
    let documents = Attachments::default().with("config.json", &json!({"trainer": {"seed": 3}})).unwrap();
    documents.with("training.json", &json!({"steps": 12})).unwrap()
}

#[test]
fn folders_of_every_version_are_read_and_map_as_they_did() {
    let queries = Embeddings::from_rows(&[[1.0, 2.0, -4.0], [0.5, 0.0, 0.25]]).unwrap();
    // x W + b by hand: W = [[-0.5, -0.25], [0, 0.25], [0.5, 0.75]], b = [-0.5, -0.25].
    let expected = [-3.0, -3.0, -0.625, -0.1875];
    for (version, attached) in
        [("v1", Attachments::default()), ("v2", Attachments::default()), ("v3", documents())]
    {
        let folder = golden(version);
        assert_eq!(ModuleState::load(&folder).unwrap(), linear(), "{version}");
        assert_eq!(Attachments::load(&folder).unwrap(), attached, "{version}");
        let module = Registry::default().load(&folder, &Device::flex()).unwrap();
        let mapped = module.apply(&queries).unwrap();
        assert_eq!(mapped.as_slice(), expected, "{version}");
        let text = std::fs::read_to_string(folder.join(MANIFEST)).unwrap();
        assert!(text.contains(&format!("\"version\": {}", &version[1..])), "{version}");
    }
}

/// `cargo test -p ess-search --test golden -- --ignored` writes the folders anew.
#[test]
#[ignore = "writes golden files"]
fn write_golden_folders() {
    linear().save(&golden("v2")).unwrap();
    linear().save_with(&documents(), &mut FolderLock::acquire(&golden("v3")).unwrap()).unwrap();
    // Version 1 was the same text without the last member, the checksum.
    linear().save(&golden("v1")).unwrap();
    let path = golden("v1").join(MANIFEST);
    let sealed = std::fs::read_to_string(&path).unwrap();
    let text = unseal_json(&sealed).unwrap().unwrap();
    let text = text.replacen("\"version\": 2", "\"version\": 1", 1);
    std::fs::write(path, text.trim_end().to_owned() + "\n").unwrap();
}
