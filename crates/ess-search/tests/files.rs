//! What a saved module's folder must survive.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{fs, path::Path};

use burn::tensor::Device;
use ess_core::Identity;
use ess_files::FolderLock;
use ess_search::{
    Attachments, Averaging, Ensemble, Error, HostTensor, KeyValueMemory, KeyValueMemoryConfig, Linear,
    LinearConfig, ModuleState, OnDevice, PersistentModule, Registry, TrainableModule,
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

/// The manifest as versions before the checksum wrote it.
fn unsealed(manifest: &str) -> String {
    let text = ess_files::unseal_json(manifest).unwrap().unwrap();
    text.replacen("\"version\": 2", "\"version\": 1", 1)
}

#[test]
fn a_folder_of_before_there_were_checksums_is_read() {
    let folder = tempfile::tempdir().unwrap();
    state(1).save(folder.path()).unwrap();
    let path = folder.path().join("module.json");
    let manifest = fs::read_to_string(&path).unwrap();
    fs::write(&path, unsealed(&manifest)).unwrap();
    assert_eq!(ModuleState::load(folder.path()).unwrap(), state(1));
    // A later version cannot be made an earlier one, nor an earlier one a later.
    for text in [
        manifest.replacen("\"version\": 2", "\"version\": 1", 1),
        unsealed(&manifest).replacen("\"version\": 1", "\"version\": 2", 1),
    ] {
        fs::write(&path, text).unwrap();
        assert!(matches!(ModuleState::load(folder.path()), Err(Error::Format { .. })));
    }
}

#[test]
fn every_changed_bit_of_a_manifest_is_refused_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = KeyValueMemoryConfig { slots: 2, ..KeyValueMemoryConfig::new(2, 2) };
    let module = KeyValueMemory::init(&config, &Device::flex()).unwrap();
    let state = OnDevice::new(module, &Device::flex()).to_state().unwrap();
    state.save(folder.path()).unwrap();
    let path = folder.path().join("module.json");
    let manifest = fs::read(&path).unwrap();
    let mut read = 0;
    for (at, bit) in (0..manifest.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut altered = manifest.clone();
        altered[at] ^= 1 << bit;
        // A new file each time: some file systems wait for the disk when a file is cut to be written again.
        fs::remove_file(&path).unwrap();
        fs::write(&path, altered).unwrap();
        match ModuleState::load(folder.path()) {
            Ok(loaded) => {
                assert_eq!(loaded, state, "byte {at}, bit {bit}");
                read += 1;
            }
            Err(error) => assert!(matches!(error, Error::Format { .. }), "byte {at}, bit {bit}: {error}"),
        }
    }
    println!(
        "{} flips of a manifest, {read} of which change nothing, and the others are refused",
        8 * manifest.len()
    );
    // The line end at the end, where it becomes other white space.
    assert!(read < 8, "{read}");
}

#[test]
fn other_formats_versions_and_paths_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    state(1).save(folder.path()).unwrap();
    let path = folder.path().join("module.json");
    let manifest = unsealed(&fs::read_to_string(&path).unwrap());
    for (from, to) in [
        ("ess-search-module", "another-format"),
        ("\"version\": 1", "\"version\": 3"),
        ("\"file\": \"weights", "\"file\": \"../weights"),
        ("\"weights\":", "\"wieghts\":"),
    ] {
        assert!(manifest.contains(from));
        fs::write(&path, manifest.replace(from, to)).unwrap();
        assert!(matches!(ModuleState::load(folder.path()), Err(Error::Format { .. })), "{to}");
    }
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("module.json")).unwrap();
    assert!(matches!(ModuleState::load(folder.path()), Err(Error::Format { .. })));
}

#[test]
fn only_what_the_replaced_manifest_named_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let anothers = ["weights-0123456789abcdef.safetensors", "plan-a.json", "plan-0123456789abcdef.json"];
    let mut first = state(1);
    first.description.config["plan"] = "plan-fedcba9876543210.json".into();
    for name in anothers.iter().chain(&["plan-fedcba9876543210.json"]) {
        fs::write(at(name), "{}").unwrap();
    }
    first.save(folder.path()).unwrap();
    state(2).save(folder.path()).unwrap();
    let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.retain(|name| anothers.iter().all(|own| name != own));
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(anothers.iter().all(|name| at(name).exists()));
    assert_eq!(ModuleState::load(folder.path()).unwrap(), state(2));
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

/// A manifest that was changed by hand, with the checksum that it should have.
fn resealed(manifest: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(manifest).unwrap();
    value.as_object_mut().unwrap().remove("checksum");
    ess_files::seal_json(&format!("{value:#}"))
}

/// A module with settings that are told from the others.
fn save_with_settings(number: u64, folder: &Path) {
    let settings = serde_json::json!({"number": number, "rate": 0.1});
    let attached = Attachments::default().with("config.json", &settings).unwrap();
    state(number).save_with(&attached, &mut FolderLock::acquire(folder).unwrap()).unwrap();
}

#[test]
fn what_is_attached_is_replaced_and_goes_with_the_module() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("mine.json"), "{}").unwrap();
    for number in [1, 2] {
        save_with_settings(number, folder.path());
        assert_eq!(ModuleState::load(folder.path()).unwrap(), state(number));
        let attached = Attachments::load(folder.path()).unwrap();
        let copy: serde_json::Value = serde_json::from_slice(&fs::read(at("config.json")).unwrap()).unwrap();
        assert_eq!(attached.get("config.json"), Some(&copy));
        assert_eq!(copy["number"], number);
    }
    // Without the copy nothing is missing; a module without it leaves none.
    fs::remove_file(at("config.json")).unwrap();
    assert_eq!(Attachments::load(folder.path()).unwrap().get("config.json").unwrap()["number"], 2);
    save_with_settings(1, folder.path());
    state(3).save(folder.path()).unwrap();
    assert_eq!(Attachments::load(folder.path()).unwrap(), Attachments::default());
    assert!(!at("config.json").exists() && at("mine.json").exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn every_changed_bit_of_what_is_attached_is_refused_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    save_with_settings(1, folder.path());
    let expected = Attachments::load(folder.path()).unwrap();
    for name in ["config.json", "module.json"] {
        let path = folder.path().join(name);
        let whole = fs::read(&path).unwrap();
        let mut read = 0;
        for (at, bit) in (0..whole.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut altered = whole.clone();
            altered[at] ^= 1 << bit;
            fs::remove_file(&path).unwrap();
            fs::write(&path, altered).unwrap();
            match (ModuleState::load(folder.path()), Attachments::load(folder.path())) {
                (Ok(loaded), Ok(attached)) => {
                    assert_eq!(
                        (loaded, attached),
                        (state(1), expected.clone()),
                        "{name}: byte {at}, bit {bit}"
                    );
                    read += 1;
                }
                (Err(module), Err(attached)) => {
                    let typed = [&module, &attached].map(|error| matches!(error, Error::Format { .. }));
                    assert_eq!(typed, [true; 2], "{name}: byte {at}, bit {bit}: {module}, {attached}");
                }
                (module, attached) => panic!("{name}: byte {at}, bit {bit}: {module:?}, {attached:?}"),
            }
        }
        println!("{} flips of {name}, {read} of which change nothing", 8 * whole.len());
        assert!(read < 16, "{name}: {read}");
        fs::write(&path, whole).unwrap();
    }
    // Names that lead out of the folder, sealed as they should be.
    let path = folder.path().join("module.json");
    let manifest = fs::read_to_string(&path).unwrap();
    for name in ["../config.json", "module.json", "config.txt", ""] {
        let forged = resealed(&manifest.replace("\"config.json\"", &format!("{name:?}")));
        fs::write(&path, forged).unwrap();
        let refused = Attachments::load(folder.path());
        assert!(matches!(refused, Err(Error::Format { .. })), "{name:?}");
    }
    fs::write(&path, manifest).unwrap();
    // A folder that another program put there.
    let copy = folder.path().join("config.json");
    fs::remove_file(&copy).unwrap();
    fs::create_dir(&copy).unwrap();
    assert!(matches!(ModuleState::load(folder.path()), Err(Error::Format { path, .. }) if path == copy));
}
