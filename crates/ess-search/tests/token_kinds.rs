//! What every kind of module over token states promises.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Device, Gradients, Tensor, TensorData},
};
use ess_core::{Embeddings, Encoding, SearchModule, TokenStates};
use ess_search::{
    Averaging, DeviceEncoding, Ensemble, Error, HostTensor, ModuleDescription, ModuleState, OnDevice,
    PersistentModule, Registry, TrainableModule,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

const TOKEN_DIM: usize = 5;

/// The kinds, with settings that make them small, and settings that make no sense.
fn every_kind() -> Vec<(&'static str, Value, Vec<Value>)> {
    let shape = json!({"shape": {"blocks": 2, "width": 4, "heads": 2, "hidden": 6}});
    vec![
        ("token_attention", json!({"heads": 2}), vec![json!({"heads": 0}), json!({"heads": 65})]),
        ("similarity_attention", json!({}), vec![]),
        ("token_transformer", shape, vec![json!({"shape": {"heads": 3}}), json!({"shape": {"blocks": 0}})]),
    ]
}

fn description(
    kind: &str,
    settings: &Value,
    sentence_dim: usize,
    item_dim: usize,
    seed: u64,
) -> ModuleDescription {
    let mut config = settings.clone();
    let data =
        json!({"query_dim": TOKEN_DIM, "item_dim": item_dim, "sentence_dim": sentence_dim, "seed": seed});
    for (name, value) in data.as_object().unwrap() {
        config[name] = value.clone();
    }
    ModuleDescription { kind: kind.to_owned(), query_dim: TOKEN_DIM, item_dim, config }
}

fn noise(seed: u64, count: usize) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
}

/// Texts of one to five tokens.
fn texts(sentence_dim: usize) -> TokenStates {
    let lengths = [3, 1, 5, 2];
    let sentences = Embeddings::from_vec(noise(1, lengths.len() * sentence_dim), sentence_dim).unwrap();
    let states: Vec<Vec<f32>> = lengths.iter().map(|&n| noise(n as u64, n * TOKEN_DIM)).collect();
    TokenStates::from_texts(sentences, TOKEN_DIM, &states).unwrap()
}

fn registry() -> Registry<TokenStates> {
    Registry::token_states()
}

fn fresh(description: &ModuleDescription) -> ModuleState {
    let module = registry().init(description, &Device::flex()).unwrap();
    OnDevice::new(module, &Device::flex()).to_state().unwrap()
}

/// The state with `step · direction` added to its parameters.
fn shifted(state: &ModuleState, direction: &[f32], step: f32) -> ModuleState {
    let mut state = state.clone();
    let mut direction = direction.iter();
    for (name, tensor) in &mut state.tensors {
        let values = tensor.values().iter().zip(&mut direction).map(|(value, d)| value + step * d).collect();
        *tensor = HostTensor::new(name, tensor.shape().to_vec(), values).unwrap();
    }
    state
}

fn disturbed(description: &ModuleDescription) -> ModuleState {
    let state = fresh(description);
    shifted(&state, &noise(9, state.parameters()), 0.1)
}

fn built(state: &ModuleState) -> Box<dyn PersistentModule<TokenStates>> {
    registry().build(state, &Device::flex()).unwrap()
}

#[test]
fn every_kind_starts_as_the_sentence_embedding_and_decays_to_it() {
    let texts = texts(6);
    for (kind, settings, _) in every_kind() {
        let description = description(kind, &settings, 6, 6, 3);
        assert_eq!(built(&fresh(&description)).apply(&texts).unwrap(), *texts.embeddings(), "{kind}");
        let mut decayed = disturbed(&description);
        for (name, tensor) in &mut decayed.tensors {
            let zeros = vec![0.0; tensor.values().len()];
            *tensor = HostTensor::new(name, tensor.shape().to_vec(), zeros).unwrap();
        }
        assert_eq!(built(&decayed).apply(&texts).unwrap(), *texts.embeddings(), "{kind}");
    }
}

#[test]
fn every_kind_conforms_whatever_the_lengths_of_other_texts() {
    for (kind, settings, _) in every_kind() {
        for (sentence_dim, item_dim) in [(6, 6), (4, 7), (1, 1)] {
            let module = built(&disturbed(&description(kind, &settings, sentence_dim, item_dim, 3)));
            ess_testing::search_module::conforms_on(&module, &texts(sentence_dim), 2e-5);
        }
    }
}

#[test]
fn an_ensemble_of_one_is_its_member() {
    let texts = texts(4);
    for (kind, settings, _) in every_kind() {
        let alone = built(&disturbed(&description(kind, &settings, 4, 6, 3)));
        let expected = alone.apply(&texts).unwrap();
        let ensemble = Ensemble::new(vec![alone], Averaging::BeforeNormalization).unwrap();
        assert_eq!(ensemble.apply(&texts).unwrap(), expected, "{kind}");
    }
}

#[test]
fn what_is_saved_is_loaded_bit_for_bit_and_a_seed_gives_the_same_module() {
    let texts = texts(4);
    for (kind, settings, _) in every_kind() {
        let description = |seed| description(kind, &settings, 4, 6, seed);
        let module = built(&disturbed(&description(3)));
        let folder = tempfile::tempdir().unwrap();
        module.to_state().unwrap().save(folder.path()).unwrap();
        let loaded = registry().load(folder.path(), &Device::flex()).unwrap();
        assert_eq!(loaded.apply(&texts).unwrap(), module.apply(&texts).unwrap());
        assert_eq!(fresh(&description(3)), fresh(&description(3)));
        assert_ne!(fresh(&description(3)).tensors, fresh(&description(4)).tensors);
    }
}

#[test]
fn configs_that_make_no_sense_are_refused() {
    for (kind, settings, impossible) in every_kind() {
        let found = |more: &Value| {
            let mut description = description(kind, &settings, 6, 6, 0);
            for (name, value) in more.as_object().unwrap() {
                description.config[name] = value.clone();
            }
            registry().init(&description, &Device::flex()).err().unwrap()
        };
        let odd = found(&json!({"temprature": 1.0}));
        assert!(matches!(odd, Error::ConfigSyntax { .. }), "{kind}: {odd}");
        for settings in impossible.iter().chain(&[json!({"sentence_dim": 1 << 20}), json!({"query_dim": 0})])
        {
            let odd = found(settings);
            assert!(matches!(odd, Error::Config { .. }), "{kind} {settings}: {odd}");
        }
    }
}

/// The gradient of each parameter, by name.
struct Collect<'a>(Vec<String>, &'a Gradients, BTreeMap<String, Vec<f32>>);

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.1).unwrap();
        self.2.insert(self.0.join("."), gradient.into_data().try_to_vec().unwrap());
    }

    fn enter_module(&mut self, name: &str, _container: &str) {
        self.0.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.0.pop();
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    let (texts, device) = (texts(4), Device::flex());
    let weights = noise(5, texts.rows() * 6);
    for (kind, settings, _) in every_kind() {
        let state = disturbed(&description(kind, &settings, 4, 6, 3));
        let module = registry().trainable(&state, &device).unwrap().fork(&device).train();
        let mapped = module.forward(texts.to_tensors(&device.clone().autodiff()));
        let g = Tensor::<2>::from_data(TensorData::new(weights.clone(), mapped.dims()), &device);
        let gradients = (mapped * g.autodiff()).sum().backward();
        let mut collect = Collect(Vec::new(), &gradients, BTreeMap::new());
        module.visit(&mut collect);
        let gradient: Vec<f32> = collect.2.into_values().flatten().collect();

        let direction = noise(6, state.parameters());
        let expected: f64 = gradient.iter().zip(&direction).map(|(&g, &d)| f64::from(g * d)).sum();
        let value = |step: f32| -> f64 {
            let mapped = built(&shifted(&state, &direction, step)).apply(&texts).unwrap();
            mapped.as_slice().iter().zip(&weights).map(|(&z, &w)| f64::from(z) * f64::from(w)).sum()
        };
        let found = (value(1e-3) - value(-1e-3)) / 2e-3;
        let tolerance = 0.02 * expected.abs().max(found.abs()) + 2e-3;
        assert!((found - expected).abs() <= tolerance, "{kind}: {found} for {expected}");
    }
}

#[test]
fn sentence_embeddings_of_another_dimension_are_refused() {
    for (kind, settings, _) in every_kind() {
        let description = description(kind, &settings, 3, 3, 0);
        let module = OnDevice::new(registry().init(&description, &Device::flex()).unwrap(), &Device::flex());
        assert!(module.apply(&texts(3)).is_ok());
        for other in [1, 4] {
            let found = module.apply(&texts(other));
            assert!(matches!(found, Err(ess_core::Error::DimensionMismatch { expected: 3, .. })), "{kind}");
        }
    }
}
