//! What every searching module of the crate must do, on the CPU.

#![allow(clippy::unwrap_used, reason = "a test may")]

use burn::tensor::Device;
use ess_core::{Embeddings, Identity, MatrixModule, SearchModule};
use ess_search::{
    Activation, Averaging, Ensemble, Error, Linear, LinearConfig, Mlp, MlpConfig, OnDevice, PersistentModule,
    Registry, TrainableModule,
};
use ndarray::Array2;
use proptest::prelude::*;

fn linear(query_dim: usize, item_dim: usize, seed: u64) -> OnDevice<Linear> {
    let config = LinearConfig { seed, ..LinearConfig::new(query_dim, item_dim) };
    OnDevice::new(Linear::init(&config, &Device::flex()).unwrap(), &Device::flex())
}

fn mlp(query_dim: usize, item_dim: usize, seed: u64) -> OnDevice<Mlp> {
    let config = MlpConfig {
        seed,
        hidden: vec![7, 5],
        activation: Activation::Tanh,
        ..MlpConfig::new(query_dim, item_dim)
    };
    OnDevice::new(Mlp::init(&config, &Device::flex()).unwrap(), &Device::flex())
}

fn embeddings(n: usize, d: usize) -> impl Strategy<Value = Embeddings> {
    prop::collection::vec(-3.0_f32..3.0, n * d)
        .prop_map(move |values| Embeddings::from_vec(values, d).unwrap())
}

/// One of each kind between the given dimensions, none of them the identity unless it must be.
fn zoo(query_dim: usize, item_dim: usize, seed: u64) -> Vec<Box<dyn PersistentModule>> {
    let weight = Array2::from_shape_fn((query_dim, item_dim), |(i, j)| (i as f32 - j as f32).sin());
    let ensemble: Vec<Box<dyn PersistentModule>> = vec![
        Box::new(MatrixModule::new(weight.clone()).unwrap()),
        Box::new(linear(query_dim, item_dim, seed)),
        Box::new(mlp(query_dim, item_dim, seed)),
    ];
    vec![
        Box::new(linear(query_dim, item_dim, seed)),
        Box::new(mlp(query_dim, item_dim, seed)),
        Box::new(MatrixModule::new(weight).unwrap()),
        Box::new(Ensemble::new(ensemble, Averaging::AfterNormalization).unwrap()),
    ]
}

#[test]
fn every_kind_passes_the_conformance_suite() {
    for (query_dim, item_dim) in [(4, 4), (5, 3), (1, 1), (1, 6)] {
        for module in zoo(query_dim, item_dim, 7) {
            ess_testing::search_module::conforms(&module, 1e-5);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn residual_modules_start_as_the_identity(queries in embeddings(5, 6), seed: u64) {
        prop_assert_eq!(&linear(6, 6, seed).apply(&queries).unwrap(), &queries);
        prop_assert_eq!(&mlp(6, 6, seed).apply(&queries).unwrap(), &queries);
    }

    #[test]
    fn an_ensemble_of_one_is_its_member(queries in embeddings(4, 3), seed: u64) {
        let alone = mlp(3, 5, seed);
        let expected = alone.apply(&queries).unwrap();
        let ensemble = Ensemble::new(vec![Box::new(alone)], Averaging::BeforeNormalization).unwrap();
        prop_assert_eq!(ensemble.apply(&queries).unwrap(), expected);
    }

    #[test]
    fn an_ensemble_is_the_mean_of_its_members(queries in embeddings(4, 3), seed: u64) {
        let (a, b) = (linear(3, 5, seed), linear(3, 5, seed.wrapping_add(1)));
        let mean = (a.apply(&queries).unwrap().view().to_owned() + b.apply(&queries).unwrap().view()) / 2.0;
        let ensemble = Ensemble::new(vec![Box::new(a), Box::new(b)], Averaging::BeforeNormalization).unwrap();
        let found = ensemble.apply(&queries).unwrap();
        prop_assert!(found.view().iter().zip(&mean).all(|(x, y)| (x - y).abs() <= 1e-6));
    }

    #[test]
    fn what_is_saved_is_loaded(queries in embeddings(4, 3), seed: u64, item_dim in 1_usize..6) {
        for module in zoo(3, item_dim, seed) {
            let folder = tempfile::tempdir().unwrap();
            module.to_state().unwrap().save(folder.path()).unwrap();
            let loaded = Registry::default().load(folder.path(), &Device::flex()).unwrap();
            prop_assert_eq!(loaded.to_state().unwrap(), module.to_state().unwrap());
            prop_assert_eq!(loaded.apply(&queries).unwrap(), module.apply(&queries).unwrap());
        }
    }

    #[test]
    fn a_seed_gives_the_same_module_and_another_seed_another(seed: u64) {
        prop_assert_eq!(mlp(4, 3, seed).to_state().unwrap(), mlp(4, 3, seed).to_state().unwrap());
        let other = mlp(4, 3, seed.wrapping_add(1)).to_state().unwrap();
        prop_assert_ne!(mlp(4, 3, seed).to_state().unwrap().tensors, other.tensors);
    }
}

#[test]
fn more_rows_than_a_chunk_go_through_in_order() {
    let module = linear(3, 2, 1);
    let rows = 8192 + 3;
    let values = (0..rows * 3).map(|i| (i as f32 * 0.37).sin()).collect();
    let queries = Embeddings::from_vec(values, 3).unwrap();
    let all = module.apply(&queries).unwrap();
    assert_eq!(all.len(), rows);
    for row in [0, 8191, 8192, rows - 1] {
        assert_eq!(module.apply(&queries.select(&[row]).unwrap()).unwrap().row(0), all.row(row));
    }
}

#[test]
fn impossible_configs_are_refused() {
    let device = Device::flex();
    for (query_dim, item_dim) in [(0, 3), (3, 0), (1 << 40, 3)] {
        assert!(matches!(
            Linear::init(&LinearConfig::new(query_dim, item_dim), &device),
            Err(Error::Config { .. })
        ));
        assert!(matches!(
            Mlp::init(&MlpConfig::new(query_dim, item_dim), &device),
            Err(Error::Config { .. })
        ));
    }
    for hidden in [vec![0], vec![4; 17]] {
        let config = MlpConfig { hidden, ..MlpConfig::new(3, 3) };
        assert!(matches!(Mlp::init(&config, &device), Err(Error::Config { name: "hidden", .. })));
    }
    assert!(serde_json::from_str::<LinearConfig>(r#"{"query_dim":3,"item_dim":3,"bais":true}"#).is_err());
}

#[test]
fn members_that_do_not_agree_are_refused() {
    let none = Ensemble::<Embeddings>::new(vec![], Averaging::default());
    assert!(matches!(none, Err(Error::Core(ess_core::Error::Empty { .. }))));
    let mixed =
        Ensemble::new(vec![Box::new(Identity::new(3)), Box::new(linear(3, 4, 0))], Averaging::default());
    assert!(matches!(
        mixed,
        Err(Error::Core(ess_core::Error::DimensionMismatch { expected: 3, found: 4, .. }))
    ));
}
