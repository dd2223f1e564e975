//! Identity at the start, saving, seeds, dimensions, ensembles, decay.

use burn::tensor::Device;
use ess_core::{Embeddings, SearchModule};
use ess_search::{
    Averaging, Ensemble, HostTensor, ModuleState, OnDevice, PersistentModule, Registry,
    embeddings_from_tensor,
};
use proptest::prelude::*;

use crate::list::{Kind, built, every_kind, queries};

/// `f32` may round where an exact identity is a sum of shares.
fn close(found: &Embeddings, expected: &Embeddings) -> bool {
    found.dim() == expected.dim()
        && found.as_slice().iter().zip(expected.as_slice()).all(|(x, y)| (x - y).abs() <= 1e-6)
}

fn state(kind: &Kind, query_dim: usize, item_dim: usize, seed: u64) -> ModuleState {
    OnDevice::new(kind.init(query_dim, item_dim, seed), &Device::flex()).to_state().unwrap()
}

#[test]
fn every_kind_conforms_in_all_dimensions() {
    for kind in every_kind() {
        for (query_dim, item_dim) in [(4, 4), (6, 3), (3, 5), (1, 1), (1, 6)] {
            ess_testing::search_module::conforms(&built(&kind.disturbed(query_dim, item_dim, 7)), 2e-5);
        }
    }
}

#[test]
fn decay_of_all_parameters_leads_to_the_identity() {
    for kind in every_kind() {
        let mut state = kind.disturbed(6, 6, 3);
        for (name, tensor) in &mut state.tensors {
            *tensor =
                HostTensor::new(name, tensor.shape().to_vec(), vec![0.0; tensor.values().len()]).unwrap();
        }
        let queries = queries(5, 6, 1);
        assert!(close(&built(&state).apply(&queries).unwrap(), &queries), "{}", kind.name);
    }
}

#[test]
fn the_state_of_a_kind_is_the_same_behind_any_module() {
    for kind in every_kind() {
        let state = kind.disturbed(6, 3, 2);
        let any = Registry::default().trainable(&state, &Device::flex()).unwrap();
        assert_eq!(OnDevice::new(any, &Device::flex()).to_state().unwrap(), state, "{}", kind.name);
    }
}

#[test]
fn a_kind_is_known_by_its_name_alone() {
    let names: Vec<&str> = every_kind().iter().map(|kind| kind.name).collect();
    let unknown = ess_search::ModuleDescription {
        kind: "telepathy".into(),
        query_dim: 3,
        item_dim: 3,
        config: serde_json::json!({}),
    };
    let Err(ess_search::Error::UnknownKind { known, .. }) =
        Registry::default().init(&unknown, &Device::flex())
    else {
        panic!("telepathy is no kind")
    };
    let untrained = ["ensemble", "identity", "interpolation", "matrix"];
    // Its rows are no vectors in the item space: `tests/scored_kinds.rs` has it.
    let names = [&names[..], &["hypencoder"]].concat();
    for kind in known {
        assert!(
            names.contains(&&*kind) || untrained.contains(&&*kind),
            "{kind} is not in the list of these tests"
        );
    }
}

#[test]
fn an_orthogonal_module_keeps_lengths_and_angles() {
    let kind = every_kind().into_iter().find(|kind| kind.name == "orthogonal").unwrap();
    let queries = queries(5, 6, 1);
    let found = built(&kind.disturbed(6, 6, 1)).apply(&queries).unwrap();
    let (before, after) = (queries.view().dot(&queries.view().t()), found.view().dot(&found.view().t()));
    assert!(before.iter().zip(&after).all(|(x, y)| (x - y).abs() < 1e-5));
    assert!(!close(&found, &queries));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn every_kind_starts_as_the_identity(seed: u64) {
        let queries = queries(5, 6, seed);
        for kind in every_kind() {
            let found = built(&state(&kind, 6, 6, seed)).apply(&queries).unwrap();
            prop_assert!(close(&found, &queries), "{}", kind.name);
        }
    }

    #[test]
    fn an_ensemble_of_one_is_its_member(seed: u64, item_dim in 1_usize..7) {
        let queries = queries(4, 6, seed);
        for kind in every_kind() {
            let alone = built(&kind.disturbed(6, item_dim, seed));
            let expected = alone.apply(&queries).unwrap();
            let ensemble = Ensemble::new(vec![alone], Averaging::BeforeNormalization).unwrap();
            prop_assert_eq!(ensemble.apply(&queries).unwrap(), expected, "{}", kind.name);
        }
    }

    #[test]
    fn what_is_saved_is_loaded_bit_for_bit(seed: u64, item_dim in 1_usize..7) {
        let queries = queries(4, 6, seed);
        for kind in every_kind() {
            let module = built(&kind.disturbed(6, item_dim, seed));
            let folder = tempfile::tempdir().unwrap();
            module.to_state().unwrap().save(folder.path()).unwrap();
            let loaded = Registry::default().load(folder.path(), &Device::flex()).unwrap();
            prop_assert_eq!(loaded.to_state().unwrap(), module.to_state().unwrap());
            prop_assert_eq!(loaded.apply(&queries).unwrap(), module.apply(&queries).unwrap());
        }
    }

    #[test]
    fn a_seed_gives_the_same_module(seed: u64) {
        for kind in every_kind() {
            prop_assert_eq!(state(&kind, 6, 3, seed), state(&kind, 6, 3, seed));
            let (one, other) = (state(&kind, 6, 3, seed), state(&kind, 6, 3, seed.wrapping_add(1)));
            // Nothing of an orthogonal module is drawn.
            prop_assert_eq!(one.tensors == other.tensors, kind.name == "orthogonal", "{}", kind.name);
        }
    }
}

#[test]
fn a_module_reads_layers_and_starts_as_the_sentence_embedding() {
    use ess_search::{
        DeviceEncoding, LayerAttention, LayerAttentionConfig, LayerTransformer, LayerTransformerConfig,
        TrainableModule,
    };
    let device = Device::flex();
    let layers = queries(4, 12, 1);
    let attention = LayerAttention::init(&LayerAttentionConfig::new(12, 4), &device).unwrap();
    let transformer = LayerTransformer::init(&LayerTransformerConfig::new(12, 4), &device).unwrap();
    assert_eq!((attention.config().layers, transformer.config().layers), (3, 3));
    let tensors = layers.to_tensors(&device);
    for found in [attention.forward(tensors.clone()), transformer.forward(tensors)] {
        let found = embeddings_from_tensor(found).unwrap();
        assert!(found.rows().zip(layers.rows()).all(|(found, layers)| found == &layers[..4]));
    }
}
