//! Every searching module on both devices: forward and gradients.

use burn::tensor::Device;
use ess_core::TokenStates;
use ess_search::{ModuleDescription, OnDevice, PersistentModule, Registry};
use ess_train::RecipeConfig;

use serde_json::json;

use crate::{
    agreement::{COMPUTED, close},
    devices::{cpu, gpu},
    gradients::forward_and_gradients,
    task::{DIM, QUERIES, embeddings},
};

#[path = "../../../crates/ess-search/tests/kinds/list.rs"]
#[allow(dead_code, reason = "the list has more than is needed here")]
pub(crate) mod list;

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
    for kind in RecipeConfig::token_kinds() {
        let module = Registry::token_states().init(&over_tokens(kind), &cpu()).unwrap();
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

/// A module over token states of 5 numbers beside sentence embeddings of [`DIM`].
pub(crate) fn over_tokens(kind: &str) -> ModuleDescription {
    let config = json!({"query_dim": 5, "item_dim": DIM, "sentence_dim": DIM, "seed": 3});
    ModuleDescription { kind: kind.to_owned(), query_dim: 5, item_dim: DIM, config }
}
