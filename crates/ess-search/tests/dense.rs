//! Modules as sentence-transformers' Dense folders and back.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{io::ErrorKind, path::Path, process::Command};

use burn::tensor::Device;
use ess_core::{Embeddings, Identity, MatrixModule, SearchModule};
use ess_search::{
    Activation, DenseActivation, DenseLayer, DenseLayers, Error, HostTensor, Linear, LinearConfig, Mlp,
    MlpConfig, OnDevice, PersistentModule, Registry, TrainableModule,
};
use ess_testing::{
    Scratch,
    damage::{mutations, rounds},
};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::{Dtype, tensor::TensorView};

fn random(rows: usize, columns: usize, seed: u64) -> Array2<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_fn((rows, columns), |_| random.random_range(-1.0..1.0))
}

/// A module of this config with random parameters.
fn with_random_parameters<M: TrainableModule<Encoding = Embeddings>>(
    config: &M::Config,
) -> Box<dyn PersistentModule> {
    let module = OnDevice::new(M::init(config, &Device::flex()).unwrap(), &Device::flex());
    let mut state = module.to_state().unwrap();
    for (seed, (name, tensor)) in state.tensors.iter_mut().enumerate() {
        let shape = tensor.shape().to_vec();
        let values = random(1, shape.iter().product(), seed as u64).mapv(|x| x * 0.4);
        *tensor = HostTensor::new(name, shape, values.into_iter().collect()).unwrap();
    }
    Registry::default().with::<M>().build(&state, &Device::flex()).unwrap()
}

fn mlp(
    query_dim: usize,
    item_dim: usize,
    hidden: &[usize],
    activation: Activation,
) -> Box<dyn PersistentModule> {
    let config = MlpConfig::new(query_dim, item_dim);
    with_random_parameters::<Mlp>(&MlpConfig { hidden: hidden.to_vec(), activation, ..config })
}

/// Every module that can be expressed, by name.
fn modules() -> Vec<(&'static str, Box<dyn PersistentModule>)> {
    vec![
        ("identity", Box::new(Identity::new(5))),
        ("matrix", Box::new(MatrixModule::new(random(5, 3, 9)).unwrap())),
        ("linear", with_random_parameters::<Linear>(&LinearConfig::new(5, 5))),
        ("linear between dimensions", with_random_parameters::<Linear>(&LinearConfig::new(5, 7))),
        ("mlp", mlp(5, 5, &[4], Activation::Gelu)),
        ("deep mlp", mlp(5, 5, &[4, 6, 3], Activation::Relu)),
        ("mlp between dimensions", mlp(5, 3, &[4, 2], Activation::Gelu)),
    ]
}

#[track_caller]
fn close(found: &Embeddings, expected: &Embeddings, what: &str) {
    assert_eq!((found.len(), found.dim()), (expected.len(), expected.dim()), "{what}");
    for (found, expected) in found.as_slice().iter().zip(expected.as_slice()) {
        assert!((found - expected).abs() < 1e-4, "{what}: {found} is not {expected}");
    }
}

#[test]
fn a_module_comes_back_from_its_folder() {
    let queries = Embeddings::new(random(6, 5, 1)).unwrap();
    for (name, module) in modules() {
        let folder = tempfile::tempdir().unwrap();
        let layers = DenseLayers::from_module(&module).unwrap();
        layers.save(folder.path()).unwrap();
        let loaded = DenseLayers::load(folder.path()).unwrap();
        assert_eq!(loaded, layers, "{name}");
        assert_eq!((layers.query_dim(), layers.item_dim()), (module.query_dim(), module.item_dim()));
        let back = loaded.to_module(&Device::flex()).unwrap();
        close(&back.apply(&queries).unwrap(), &module.apply(&queries).unwrap(), name);
        // An MLP comes back as narrow as it was.
        if name.contains("mlp") {
            assert_eq!(back.to_state().unwrap().tensors, module.to_state().unwrap().tensors, "{name}");
        }
    }
}

#[test]
fn layers_of_any_mlp_become_a_module_that_does_what_they_do() {
    let queries = Embeddings::new(random(6, 4, 1)).unwrap();
    for item_dim in [4, 3] {
        let first = DenseLayer::new(random(4, 6, 2), Some(vec![0.1; 6]), DenseActivation::Relu).unwrap();
        let last = DenseLayer::new(random(6, item_dim, 3), None, DenseActivation::Identity).unwrap();
        let hidden = queries.view().dot(&first.weight()).mapv(|x| (x + 0.1).max(0.0));
        let expected = Embeddings::new(hidden.dot(&last.weight())).unwrap();
        let module = DenseLayers::new(vec![first, last]).unwrap().to_module(&Device::flex()).unwrap();
        close(&module.apply(&queries).unwrap(), &expected, "layers without a residual connection");
    }
    let flat = |rows, columns, seed| {
        DenseLayer::new(random(rows, columns, seed), Some(vec![0.2; columns]), DenseActivation::Identity)
            .unwrap()
    };
    let (first, last) = (flat(4, 6, 4), flat(6, 4, 5));
    let expected = (queries.view().dot(&first.weight()) + 0.2).dot(&last.weight()) + 0.2;
    let module = DenseLayers::new(vec![first, last]).unwrap().to_module(&Device::flex()).unwrap();
    close(&module.apply(&queries).unwrap(), &Embeddings::new(expected).unwrap(), "layers without activation");
}

#[test]
fn what_cannot_be_expressed_is_refused() {
    let refused = |found: Result<DenseLayers, Error>| matches!(found, Err(Error::NotExpressible { .. }));
    assert!(refused(DenseLayers::from_module(&mlp(5, 5, &[4], Activation::Tanh))));
    let curved = mlp(5, 5, &[4], Activation::Gelu);
    let ensemble = ess_search::Ensemble::new(vec![curved], ess_search::Averaging::default()).unwrap();
    assert!(refused(DenseLayers::from_module(&ensemble)));

    let layer = |columns, activation| DenseLayer::new(random(4, columns, 1), None, activation).unwrap();
    let last = DenseLayers::new(vec![layer(4, DenseActivation::Tanh)]).unwrap();
    assert!(matches!(last.to_module(&Device::flex()), Err(Error::NotExpressible { .. })));
    let tanh = DenseLayers::new(vec![layer(4, DenseActivation::Tanh), layer(4, DenseActivation::Identity)]);
    assert!(matches!(tanh.unwrap().to_module(&Device::flex()), Err(Error::NotExpressible { .. })));
    let odd =
        DenseLayers::new(vec![layer(3, DenseActivation::Identity), layer(4, DenseActivation::Identity)]);
    assert!(matches!(odd, Err(Error::Core(ess_core::Error::DimensionMismatch { .. }))));
    assert!(DenseLayers::new(vec![]).is_err());
}

#[test]
fn folders_that_are_none_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(DenseLayers::load(folder.path()), Err(Error::Io { .. })));
    DenseLayers::from_module(&MatrixModule::new(random(3, 2, 1)).unwrap())
        .unwrap()
        .save(folder.path())
        .unwrap();
    let config = std::fs::read_to_string(folder.path().join("config.json")).unwrap();
    let weights = std::fs::read(folder.path().join("model.safetensors")).unwrap();
    let altered = |from: &str, to: &str| {
        assert!(config.contains(from), "{config}");
        std::fs::write(folder.path().join("config.json"), config.replace(from, to)).unwrap();
        DenseLayers::load(folder.path())
    };
    let format = |found| matches!(found, Err(Error::Format { .. }));
    assert!(format(altered("linear.Identity", "activation.Softplus")));
    assert!(format(altered("\"in_features\": 3", "\"in_features\": 4")));
    assert!(format(altered("\"bias\": false", "\"bias\": true")));
    assert!(format(altered("in_features", "inn_features")));
    assert!(matches!(altered("\"in_features\": 3", "\"in_features\": 0"), Err(Error::Config { .. })));
    assert!(matches!(altered("\"in_features\": 3", "\"in_features\": 999999999"), Err(Error::Config { .. })));
    std::fs::write(folder.path().join("config.json"), &config).unwrap();
    for length in 0..weights.len() {
        std::fs::write(folder.path().join("model.safetensors"), &weights[..length]).unwrap();
        assert!(format(DenseLayers::load(folder.path())), "cut at {length}");
    }
}

/// A Dense folder of this config and these tensors.
fn dense_folder(config: &str, tensors: &[(&str, Dtype, &[usize], Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| (*name, TensorView::new(*dtype, shape.to_vec(), bytes).unwrap()));
    let bytes = safetensors::serialize(views, None).unwrap();
    std::fs::write(folder.path().join("model.safetensors"), bytes).unwrap();
    folder
}

fn f32s(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

const IDENTITY: &str = r#""activation_function": "torch.nn.modules.linear.Identity""#;

#[test]
fn a_residual_layer_adds_its_input_and_one_that_is_not_linear_is_refused_by_the_name() {
    let query = Embeddings::from_rows(&[[1.0, 10.0]]).unwrap();
    let mapped = |folder: &tempfile::TempDir| {
        let module = DenseLayers::load(folder.path()).unwrap().to_module(&Device::flex()).unwrap();
        module.apply(&query).unwrap().row(0).to_vec()
    };
    let square = format!(r#"{{"in_features": 2, "out_features": 2, "use_residual": true, {IDENTITY}}}"#);
    let square = dense_folder(
        &square,
        &[
            ("linear.weight", Dtype::F32, &[2, 2], f32s(&[1.0, 2.0, 3.0, 4.0])),
            ("linear.bias", Dtype::F32, &[2], f32s(&[0.5, 0.25])),
        ],
    );
    assert_eq!(mapped(&square), [1.0 + 21.5, 10.0 + 43.25]);

    let config = format!(
        r#"{{"in_features": 2, "out_features": 1, "bias": false, "use_residual": true, {IDENTITY},
            "module_input_name": "sentence_embedding"}}"#
    );
    let weight = ("linear.weight", Dtype::F32, &[1_usize, 2][..], f32s(&[1.0, 2.0]));
    let mapping = ("residual.weight", Dtype::F32, &[1_usize, 2][..], f32s(&[5.0, 7.0]));
    assert_eq!(mapped(&dense_folder(&config, &[weight.clone(), mapping.clone()])), [21.0 + 75.0]);

    let refused = |config: &str, tensors: &[_]| {
        DenseLayers::load(dense_folder(config, tensors).path()).unwrap_err().to_string()
    };
    let error = refused(&config, std::slice::from_ref(&weight));
    assert!(error.contains("residual.weight"), "{error}");
    let error =
        refused(&config.replace("linear.Identity", "activation.GELU"), &[weight.clone(), mapping.clone()]);
    assert!(error.contains("use_residual"), "{error}");
    let error = refused(&config.replace("use_residual", "user_esidual"), &[weight.clone(), mapping.clone()]);
    assert!(error.contains("user_esidual"), "{error}");
    let error =
        refused(&config.replace("\"use_residual\": true", "\"use_residual\": false"), &[weight, mapping]);
    assert!(error.contains("residual.weight"), "a tensor of another layer: {error}");
    let token = r#"{"in_features": 2, "out_features": 1, "module_input_name": "token_embeddings"}"#;
    let error = refused(token, &[]);
    assert!(error.contains("token_embeddings"), "{error}");
}

#[test]
fn halves_are_read_and_the_activation_is_tanh_where_none_is_named() {
    let config = format!(r#"{{"in_features": 2, "out_features": 1, "bias": false, {IDENTITY}}}"#);
    let halves = [0.5_f32, -3.0];
    let f16 = halves.iter().flat_map(|&x| half::f16::from_f32(x).to_le_bytes()).collect::<Vec<_>>();
    let bf16 = halves.iter().flat_map(|&x| half::bf16::from_f32(x).to_le_bytes()).collect::<Vec<_>>();
    for (dtype, bytes) in [(Dtype::F16, f16), (Dtype::BF16, bf16), (Dtype::F32, f32s(&halves))] {
        let folder = dense_folder(&config, &[("linear.weight", dtype, &[1, 2], bytes)]);
        let layers = DenseLayers::load(folder.path()).unwrap();
        assert_eq!(layers.layers()[0].weight().iter().copied().collect::<Vec<_>>(), halves, "{dtype:?}");
    }
    let doubles = halves.iter().flat_map(|&x| f64::from(x).to_le_bytes()).collect();
    let folder = dense_folder(&config, &[("linear.weight", Dtype::F64, &[1, 2], doubles)]);
    assert!(matches!(DenseLayers::load(folder.path()), Err(Error::Format { .. })));
    let unnamed = r#"{"in_features": 2, "out_features": 1, "bias": false}"#;
    let folder = dense_folder(unnamed, &[("linear.weight", Dtype::F32, &[1, 2], f32s(&halves))]);
    assert_eq!(DenseLayers::load(folder.path()).unwrap().layers()[0].activation(), DenseActivation::Tanh);
}

/// `dense_check.py` computes the same in PyTorch, through sentence-transformers where that is installed.
#[test]
fn python_computes_the_same() {
    let python = std::env::var("ESS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_torch = Command::new(&python).args(["-c", "import torch"]).output();
    if !has_torch.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: {python} has no torch");
        return;
    }
    let (root, queries) = (tempfile::tempdir().unwrap(), Embeddings::new(random(6, 5, 1)).unwrap());
    let bytes: Vec<u8> = queries.as_slice().iter().flat_map(|x| x.to_le_bytes()).collect();
    for (name, module) in modules() {
        let folder = root.path().join(name);
        DenseLayers::from_module(&module).unwrap().save(&folder.join("dense")).unwrap();
        std::fs::write(folder.join("queries.f32"), &bytes).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dense_check.py");
    let output = Command::new(&python).arg(&script).arg(root.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    eprintln!("loaded by {}", String::from_utf8_lossy(&output.stdout).trim());
    for (name, module) in modules() {
        let mapped = std::fs::read(root.path().join(name).join("mapped.f32")).unwrap();
        let mapped = mapped.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let mapped = Embeddings::from_vec(mapped, module.item_dim()).unwrap();
        close(&mapped, &module.apply(&queries).unwrap(), name);
    }
}

/// Two layers from 4 to 4 dimensions, of these numbers.
fn two_layers(seed: u64) -> DenseLayers {
    let layer = |seed| DenseLayer::new(random(4, 4, seed), None, DenseActivation::Identity).unwrap();
    DenseLayers::new(vec![layer(seed), layer(seed + 1)]).unwrap()
}

/// Whether the folder has layers that can be read.
fn is_refused(folder: &Path) -> bool {
    matches!(DenseLayers::load(folder), Err(Error::Io { .. }))
}

#[test]
fn a_folder_that_is_half_replaced_is_refused_and_never_has_layers_of_two_saves() {
    for (file, replaced) in
        [("0_Dense/config.json", false), ("1_Dense/config.json", true), ("1_Dense/model.safetensors", true)]
    {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        two_layers(1).save(folder).unwrap();
        // A folder of the same name is in the way as a process's death would be.
        let (path, kept) = (folder.join(file), folder.join("kept"));
        std::fs::rename(&path, &kept).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(matches!(two_layers(11).save(folder), Err(Error::Files(_))), "{file}");
        std::fs::remove_dir(&path).unwrap();
        std::fs::rename(&kept, &path).unwrap();
        match replaced {
            true => assert!(is_refused(folder), "{file}"),
            false => assert_eq!(DenseLayers::load(folder).unwrap(), two_layers(1), "{file}"),
        }
        two_layers(11).save(folder).unwrap();
        assert_eq!(DenseLayers::load(folder).unwrap(), two_layers(11), "{file}");
    }
}

#[test]
fn a_folder_that_got_its_first_layer_alone_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let in_the_way = folder.join("1_Dense/model.safetensors");
    std::fs::create_dir_all(&in_the_way).unwrap();
    assert!(matches!(two_layers(1).save(folder), Err(Error::Files(_))));
    std::fs::remove_dir_all(folder.join("1_Dense")).unwrap();
    assert!(folder.join("0_Dense/model.safetensors").exists() && is_refused(folder));
}

#[test]
fn layers_of_another_number_are_not_written_beside_those_that_are_there() {
    let one = DenseLayers::from_module(&MatrixModule::new(random(4, 4, 1)).unwrap()).unwrap();
    let three = [two_layers(1).layers(), one.layers()].concat();
    let three = DenseLayers::new(three).unwrap();
    let exists = |saved: Result<(), Error>, name: &str| {
        let named = |path: &Path| path.file_name().is_some_and(|found| found == name);
        matches!(saved, Err(Error::Io { path, cause }) if named(&path) && cause.kind() == ErrorKind::AlreadyExists)
    };
    let folder = tempfile::tempdir().unwrap();
    three.save(folder.path()).unwrap();
    assert!(exists(two_layers(1).save(folder.path()), "2_Dense"));
    // Where the config of the one is removed to be written anew, the others would be read.
    assert!(exists(one.save(folder.path()), "0_Dense"));
    assert_eq!(DenseLayers::load(folder.path()).unwrap(), three);
    let folder = tempfile::tempdir().unwrap();
    one.save(folder.path()).unwrap();
    assert!(exists(three.save(folder.path()), "config.json"));
    assert_eq!(DenseLayers::load(folder.path()).unwrap(), one);
}

#[test]
fn damaged_folders_are_layers_or_errors() {
    let folder = Scratch::new();
    let path = folder.path().join("dense");
    let layer = DenseLayer::new(random(4, 3, 1), Some(vec![0.5; 3]), DenseActivation::Tanh).unwrap();
    DenseLayers::new(vec![layer]).unwrap().save(&path).unwrap();
    let count = rounds(5000);
    for (seed, file) in ["config.json", "model.safetensors"].into_iter().enumerate() {
        let good = std::fs::read(path.join(file)).unwrap();
        let mut loaded = 0;
        for bytes in mutations(&good, seed as u64, count) {
            // A new file each time: some file systems wait for the disk when a file is cut to be written again.
            std::fs::remove_file(path.join(file)).unwrap();
            std::fs::write(path.join(file), bytes).unwrap();
            loaded += usize::from(DenseLayers::load(&path).is_ok_and(|layers| layers.query_dim() == 4));
        }
        assert!((1..count).contains(&loaded), "{file}: {loaded} of {count} were loaded");
        std::fs::write(path.join(file), good).unwrap();
    }
}
