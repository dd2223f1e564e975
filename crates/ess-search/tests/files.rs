//! What a saved module's folder must survive.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{fs, path::Path};

use burn::tensor::Device;
use ess_core::Identity;
use ess_search::{
    Averaging, Ensemble, Error, HostTensor, Linear, LinearConfig, ModuleState, OnDevice, PersistentModule,
    Registry, TrainableModule,
};

fn state(seed: u64) -> ModuleState {
    let config = LinearConfig { seed, ..LinearConfig::new(3, 2) };
    OnDevice::new(Linear::init(&config, &Device::flex()).unwrap(), &Device::flex()).to_state().unwrap()
}

fn weights_path(folder: &Path) -> std::path::PathBuf {
    let mut names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    names.find(|path| path.extension().is_some_and(|e| e == "safetensors")).unwrap()
}

#[test]
fn a_missing_folder_is_named() {
    let found = ModuleState::load(Path::new("no/such/module"));
    assert!(matches!(found, Err(Error::Io { path, .. }) if path == Path::new("no/such/module/module.json")));
}

#[test]
fn files_torn_at_any_length_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    state(1).save(folder.path()).unwrap();
    for path in [weights_path(folder.path()), folder.path().join("module.json")] {
        let whole = fs::read(&path).unwrap();
        // The manifest's last byte is a newline, without which it is still whole.
        for length in 0..whole.len() - 1 {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(matches!(ModuleState::load(folder.path()), Err(Error::Format { .. })), "{length}");
        }
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(ModuleState::load(folder.path()).unwrap(), state(1));
}

#[test]
fn a_changed_byte_is_found() {
    let folder = tempfile::tempdir().unwrap();
    state(1).save(folder.path()).unwrap();
    let path = weights_path(folder.path());
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    assert!(matches!(ModuleState::load(folder.path()), Err(Error::Format { .. })));
}

#[test]
fn saving_over_a_module_replaces_it_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    state(1).save(folder.path()).unwrap();
    state(2).save(folder.path()).unwrap();
    assert_eq!(ModuleState::load(folder.path()).unwrap(), state(2));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn other_formats_versions_and_paths_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    state(1).save(folder.path()).unwrap();
    let path = folder.path().join("module.json");
    let manifest = fs::read_to_string(&path).unwrap();
    for (from, to) in [
        ("ess-search-module", "another-format"),
        ("\"version\": 1", "\"version\": 2"),
        ("\"file\": \"weights", "\"file\": \"../weights"),
        ("\"weights\":", "\"wieghts\":"),
    ] {
        assert!(manifest.contains(from));
        fs::write(&path, manifest.replace(from, to)).unwrap();
        assert!(matches!(ModuleState::load(folder.path()), Err(Error::Format { .. })), "{to}");
    }
}

#[test]
fn tensors_that_do_not_fit_the_config_are_refused() {
    let build = |state: &ModuleState| Registry::default().build(state, &Device::flex()).map(|_| ());
    let mut wrong_shape = state(1);
    wrong_shape.tensors.insert("weight".into(), HostTensor::new("weight", vec![2, 3], vec![0.0; 6]).unwrap());
    assert!(matches!(build(&wrong_shape), Err(Error::TensorShape { .. })));

    let mut missing = state(1);
    missing.tensors.remove("bias");
    assert!(matches!(build(&missing), Err(Error::TensorNames { .. })));

    let mut unknown = state(1);
    unknown.description.kind = "quantum".into();
    assert!(matches!(build(&unknown), Err(Error::UnknownKind { .. })));

    let mut odd = state(1);
    odd.description.config["temperature"] = 3.into();
    assert!(matches!(build(&odd), Err(Error::ConfigSyntax { .. })));

    let mut lying = state(1);
    lying.description.item_dim = 9;
    assert!(matches!(build(&lying), Err(Error::Core(ess_core::Error::DimensionMismatch { .. }))));

    let members: Vec<Box<dyn PersistentModule>> =
        vec![Box::new(Identity::new(2)), Box::new(Identity::new(2))];
    let mut extra = Ensemble::new(members, Averaging::default()).unwrap().to_state().unwrap();
    extra.tensors.insert("2.weight".into(), HostTensor::new("weight", vec![1], vec![0.0]).unwrap());
    assert!(matches!(build(&extra), Err(Error::TensorNames { .. })));
}

#[test]
fn tensors_with_a_nan_are_refused() {
    let found = HostTensor::new("weight", vec![2], vec![0.0, f32::NAN]);
    assert!(matches!(found, Err(Error::NonFiniteTensor { index: 1, .. })));
    let found = HostTensor::new("weight", vec![usize::MAX, 2], vec![0.0]);
    assert!(matches!(found, Err(Error::TensorShape { .. })));
}
