//! Every searching module on both devices: forward, gradients and five training steps.

use burn::tensor::Device;
use ess_core::{Embeddings, SearchModule, TokenStates};
use ess_search::{ModuleDescription, OnDevice, PersistentModule, Registry};
use ess_train::{DevSet, Progress, RecipeConfig, Trained, Trainer, TrainerConfig};

use serde_json::json;

use crate::{
    agreement::{COMPUTED, close, learned_the_same},
    devices::{cpu, gpu},
    gradients::forward_and_gradients,
    task::{self, DIM, QUERIES, embeddings},
};

#[path = "../../../crates/ess-search/tests/kinds/list.rs"]
#[allow(dead_code, reason = "the list has more than is needed here")]
mod list;

/// Modules start at zero change, where most gradients vanish: each parameter is moved a little.
#[test]
fn forward_and_gradients_of_every_kind() {
    let queries = embeddings(QUERIES, DIM, 1);
    for kind in list::every_kind() {
        // Noise of training is drawn by the device.
        if kind.description(1, 1, 0).config["gate"] == "hard_concrete" {
            continue;
        }
        for item_dim in [DIM, DIM - 3] {
            let state = kind.disturbed(DIM, item_dim, 5);
            let on = |device: &Device| {
                let module = Registry::default().trainable(&state, device).unwrap();
                forward_and_gradients(module, &queries, device)
            };
            let ((expected, expected_gradients), (found, found_gradients)) = (on(&cpu()), on(&gpu()));
            let what = format!("{} to {item_dim} dimensions", kind.name);
            close(&format!("{what}, forward"), &expected, &found, COMPUTED);
            close(&format!("{what}, gradients"), &expected_gradients, &found_gradients, COMPUTED);
            assert!(
                expected_gradients.iter().any(|&gradient| gradient != 0.0),
                "{what}: all gradients are 0"
            );
        }
    }
}

/// Kinds that read the states of tokens.
#[test]
fn forward_and_gradients_of_every_kind_over_tokens() {
    let lengths = [3, 1, 5, 2];
    let text = |(at, &tokens): (usize, &usize)| embeddings(tokens, 5, at as u32).as_slice().to_vec();
    let texts: Vec<Vec<f32>> = lengths.iter().enumerate().map(text).collect();
    let states = TokenStates::from_texts(embeddings(lengths.len(), DIM, 1), 5, &texts).unwrap();
    for kind in RecipeConfig::TOKEN_KINDS {
        let config = json!({"query_dim": 5, "item_dim": DIM, "sentence_dim": DIM, "seed": 3});
        let description = ModuleDescription { kind: kind.to_owned(), query_dim: 5, item_dim: DIM, config };
        let module = Registry::token_states().init(&description, &cpu()).unwrap();
        let start = OnDevice::new(module, &cpu()).to_state().unwrap();
        let state = list::shifted(&start, &list::noise(4, start.parameters()), 0.05);
        let on = |device: &Device| {
            let module = Registry::token_states().trainable(&state, device).unwrap();
            forward_and_gradients(module, &states, device)
        };
        let ((expected, expected_gradients), (found, found_gradients)) = (on(&cpu()), on(&gpu()));
        close(&format!("{kind}, forward"), &expected, &found, COMPUTED);
        close(&format!("{kind}, gradients"), &expected_gradients, &found_gradients, COMPUTED);
    }
}

/// Five steps of what a recipe trains.
fn five_steps(recipe: &RecipeConfig, device: &Device) -> (Trained, Embeddings) {
    let config =
        TrainerConfig { max_steps: 5, evaluate_every: 5, batch_size: 16, ..TrainerConfig::default() };
    let measure = config.measure;
    let trainer = Trainer::new(config).unwrap().with_progress(Progress::Silent);
    let (embeddings, queries) = (task::items(), task::queries());
    let items = task::on(&embeddings, device);
    let dev = DevSet::new(&queries, &items, measure).unwrap();
    let recipe = recipe.build(DIM, DIM, 3).unwrap();
    let trained = recipe.train(&trainer, &items, &queries, &dev).unwrap();
    let mapped = trained.module.apply(queries.encodings()).unwrap();
    (trained, mapped)
}

#[test]
fn five_training_steps_of_every_recipe() {
    let start = embeddings(QUERIES, DIM, 1);
    for kind in RecipeConfig::KINDS {
        let recipe = RecipeConfig::named(kind).unwrap();
        let (trained, mapped) = five_steps(&recipe, &cpu());
        let (trained_there, mapped_there) = five_steps(&recipe, &gpu());
        learned_the_same(kind, start.as_slice(), mapped.as_slice(), mapped_there.as_slice());
        let losses = |trained: &Trained| -> Vec<f32> {
            let curves = trained.record.curves();
            curves.iter().flat_map(|curve| &curve.points).map(|point| point.loss as f32).collect()
        };
        close(&format!("losses of {kind}"), &losses(&trained), &losses(&trained_there), 1e-3);
    }
}
