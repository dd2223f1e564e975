//! A kind that this crate does not know, as a part of modules that it does.

#![allow(clippy::unwrap_used, reason = "a test may")]

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor},
};
use ess_core::{Embeddings, SearchModule};
use ess_search::{
    Averaging, Error, Linear, LinearConfig, MixtureOfExperts, OnDevice, Part, PersistentModule, Registry,
    Sequence, TrainableModule, WeightedEnsemble,
};
use serde::{Deserialize, Serialize};

/// `z = q + c`, with a parameter of three dimensions for no other reason than that none here has one.
#[derive(Module, Debug)]
struct Shift {
    by: Param<Tensor<3>>,
    #[module(skip)]
    config: ShiftConfig,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShiftConfig {
    dim: usize,
    start: f32,
}

impl TrainableModule for Shift {
    const KIND: &'static str = "shift";
    type Config = ShiftConfig;
    type Encoding = Embeddings;

    fn init(config: &ShiftConfig, device: &Device) -> Result<Self, Error> {
        let by = Param::from_tensor(Tensor::full([1, 1, config.dim], config.start, device));
        Ok(Self { by, config: config.clone() })
    }

    fn config(&self) -> &ShiftConfig {
        &self.config
    }

    fn query_dim(&self) -> usize {
        self.config.dim
    }

    fn item_dim(&self) -> usize {
        self.config.dim
    }

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        queries + self.by.val().reshape([1, self.config.dim])
    }
}

fn parts() -> Vec<Part> {
    let device = Device::flex();
    let shift = Shift::init(&ShiftConfig { dim: 2, start: 0.5 }, &device).unwrap();
    let linear = Linear::init(&LinearConfig::new(2, 2), &device).unwrap();
    vec![Part::new("shift", shift).unwrap(), Part::new("linear", linear).unwrap().frozen()]
}

fn survives<M: TrainableModule<Encoding = Embeddings>>(module: M, expected: [f32; 2]) {
    let device = Device::flex();
    let module = OnDevice::new(module, &device);
    let queries = Embeddings::from_rows(&[[1.0, 2.0]]).unwrap();
    let found = module.apply(&queries).unwrap();
    assert!(found.row(0).iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-6), "{found:?}");

    let folder = tempfile::tempdir().unwrap();
    let state = module.to_state().unwrap();
    assert!(state.tensors.values().any(|tensor| tensor.shape() == [1, 1, 2]));
    state.save(folder.path()).unwrap();
    let registry = Registry::default().with::<Shift>();
    assert_eq!(registry.load(folder.path(), &device).unwrap().apply(&queries).unwrap(), found);
    assert_eq!(state.part("shift").unwrap().description.kind, "shift");
    let unknown = Registry::default().load(folder.path(), &device).err();
    assert!(matches!(unknown, Some(Error::UnknownKind { kind, .. }) if kind == "shift"));
}

#[test]
fn a_kind_of_another_crate_is_a_part_like_any_other() {
    let device = Device::flex();
    survives(Sequence::new(parts()).unwrap(), [1.5, 2.5]);
    let ensemble = WeightedEnsemble::new(parts(), Averaging::BeforeNormalization, &device).unwrap();
    survives(ensemble, [1.25, 2.25]);
    // The gate decides how much of the shift a query gets; the identity and the linear module leave it as it is.
    let mixture = MixtureOfExperts::new(parts(), 3, &device).unwrap();
    let gates = mixture.gates(&Embeddings::from_rows(&[[1.0, 2.0]]).unwrap(), &device).unwrap();
    let share = gates.row(0)[0];
    assert!((gates.row(0).iter().sum::<f32>() - 1.0).abs() < 1e-6);
    survives(mixture, [1.0 + 0.5 * share, 2.0 + 0.5 * share]);
}
