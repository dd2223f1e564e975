//! The list. A new kind joins in one line.

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::{
    AnyModule, Error, HostTensor, ModuleDescription, ModuleState, OnDevice, PersistentModule, Registry,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// A kind, with settings that make it small, and settings that make no sense.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    settings: Value,
    parts: &'static [&'static str],
    pub(crate) impossible: Vec<Value>,
}

pub(crate) fn every_kind() -> Vec<Kind> {
    vec![
        kind("linear", json!({}), []),
        kind("linear", json!({"bias": false}), []),
        kind("low_rank", json!({"rank": 3}), [json!({"rank": 0}), json!({"rank": 1 << 20})]),
        kind("orthogonal", json!({}), []),
        kind("diagonal", json!({}), []),
        kind("gated_selection", json!({}), [json!({"price": -1.0}), json!({"price": 1e60})]),
        kind("gated_selection", json!({"gate": "hard_concrete", "price": 0.1}), []),
        kind("gated_selection", json!({"by_query": true}), []),
        kind(
            "mlp",
            json!({"hidden": [7, 5], "activation": "tanh"}),
            [json!({"hidden": [0]}), json!({"dropout": 1.0})],
        ),
        kind("key_value_memory", json!({"slots": 6, "sharpness": 3.0}), wrong_memories()),
        kind("layer_attention", json!({"layers": 1}), [json!({"layers": 4}), json!({"layers": 1_u64 << 40})]),
        kind("layer_transformer", json!({"layers": 1, "shape": SMALL.clone()}), wrong_transformers()),
        composite("sequence", &["orthogonal", "mlp"], [json!({"parts": []})]),
        composite("weighted_ensemble", &["linear", "mlp"], [json!({"parts": []})]),
        composite("mixture_of_experts", &["linear", "low_rank"], [json!({"parts": []})]),
    ]
}

static SMALL: std::sync::LazyLock<Value> =
    std::sync::LazyLock::new(|| json!({"blocks": 2, "width": 4, "heads": 2, "hidden": 6}));

fn wrong_memories() -> [Value; 5] {
    [
        json!({"slots": 0}),
        json!({"slots": 1 << 30}),
        json!({"sharpness": 0}),
        json!({"sharpness": 1e9}),
        json!({"threshold": 2}),
    ]
}

fn wrong_transformers() -> [Value; 4] {
    let shape = |name: &str, value: u64| json!({"shape": {name: value}});
    [shape("blocks", 17), shape("heads", 3), shape("width", 0), shape("hidden", 1_u64 << 40)]
}

fn kind<const N: usize>(name: &'static str, settings: Value, impossible: [Value; N]) -> Kind {
    Kind { name, settings, parts: &[], impossible: impossible.into() }
}

/// A kind that is made of others, each with the defaults between the dimensions.
fn composite<const N: usize>(
    name: &'static str,
    parts: &'static [&'static str],
    impossible: [Value; N],
) -> Kind {
    Kind { name, settings: json!({}), parts, impossible: impossible.into() }
}

impl Kind {
    pub(crate) fn description(&self, query_dim: usize, item_dim: usize, seed: u64) -> ModuleDescription {
        let mut config = self.settings.clone();
        if self.parts.is_empty() {
            merge(&mut config, &json!({"query_dim": query_dim, "item_dim": item_dim, "seed": seed}));
        } else {
            config["parts"] = self
                .parts
                .iter()
                .enumerate()
                .map(|(at, part)| {
                    // Parts of a sequence read what the part before them returns.
                    let query_dim = if self.name == "sequence" && at > 0 { item_dim } else { query_dim };
                    let module = ModuleDescription {
                        kind: (*part).to_owned(),
                        query_dim,
                        item_dim,
                        config: json!({"query_dim": query_dim, "item_dim": item_dim, "seed": seed}),
                    };
                    json!({"name": format!("{part} {at}"), "module": module})
                })
                .collect();
        }
        ModuleDescription { kind: self.name.to_owned(), query_dim, item_dim, config }
    }

    /// A new module.
    pub(crate) fn init(&self, query_dim: usize, item_dim: usize, seed: u64) -> AnyModule {
        Registry::default().init(&self.description(query_dim, item_dim, seed), &Device::flex()).unwrap()
    }

    /// The error of a module with other settings.
    pub(crate) fn init_with(&self, settings: &Value) -> Error {
        let mut description = self.description(6, 6, 0);
        merge(&mut description.config, settings);
        Registry::default().init(&description, &Device::flex()).err().unwrap()
    }

    /// A module whose every parameter is a little off its start, so that nothing in it is idle.
    pub(crate) fn disturbed(&self, query_dim: usize, item_dim: usize, seed: u64) -> ModuleState {
        let state = OnDevice::new(self.init(query_dim, item_dim, seed), &Device::flex()).to_state().unwrap();
        let noise = noise(seed ^ 0x5eed, state.parameters());
        shifted(&state, &noise, 0.05)
    }
}

fn merge(into: &mut Value, from: &Value) {
    for (name, value) in from.as_object().unwrap() {
        into[name] = value.clone();
    }
}

/// The state with `step · direction` added to its parameters, in the order of their names.
pub(crate) fn shifted(state: &ModuleState, direction: &[f32], step: f32) -> ModuleState {
    let mut state = state.clone();
    let mut direction = direction.iter();
    for (name, tensor) in &mut state.tensors {
        let values = tensor.values().iter().zip(&mut direction).map(|(value, d)| value + step * d).collect();
        *tensor = HostTensor::new(name, tensor.shape().to_vec(), values).unwrap();
    }
    state
}

pub(crate) fn built(state: &ModuleState) -> Box<dyn PersistentModule> {
    Registry::default().build(state, &Device::flex()).unwrap()
}

/// Numbers in `-1..1`.
pub(crate) fn noise(seed: u64, count: usize) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
}

pub(crate) fn queries(n: usize, dim: usize, seed: u64) -> Embeddings {
    Embeddings::from_vec(noise(seed, n * dim), dim).unwrap().normalized()
}
