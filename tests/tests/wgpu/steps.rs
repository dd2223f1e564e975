//! Five training steps on both devices: of every recipe, with every loss, and over token states.

use burn::tensor::Device;
use ess_core::{Embeddings, SearchModule, TokenStates};
use ess_search::{OnDevice, Registry, TrainableModule};
use ess_train::{DevSet, Progress, QuerySet, RecipeConfig, Stop, Trained, Trainer, TrainerConfig};

use crate::{
    agreement::{close, learned_the_same},
    devices::{cpu, gpu},
    losses::every_loss::LOSSES,
    modules::{list, over_tokens},
    task::{self, DIM, QUERIES, embeddings},
};

/// Five steps of what a recipe trains.
fn five_steps(recipe: &RecipeConfig, learning_rate: f64, device: &Device) -> (Trained, Embeddings) {
    let (max_steps, evaluate_every, batch_size) = (5, 5, 16);
    let config =
        TrainerConfig { learning_rate, max_steps, evaluate_every, batch_size, ..TrainerConfig::default() };
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
    let rate = TrainerConfig::default().learning_rate;
    for kind in RecipeConfig::kinds() {
        let recipe = RecipeConfig::named(kind).unwrap();
        let (trained, mapped) = five_steps(&recipe, rate, &cpu());
        let (trained_there, mapped_there) = five_steps(&recipe, rate, &gpu());
        // A module that starts as the identity starts at the queries; what has a scoring of its own (`hypencoder`) makes
        // more numbers of a query, and starts where steps of no length leave it.
        let start = match mapped.dim() {
            DIM => embeddings(QUERIES, DIM, 1),
            _ => five_steps(&recipe, f64::MIN_POSITIVE, &cpu()).1,
        };
        learned_the_same(kind, start.as_slice(), mapped.as_slice(), mapped_there.as_slice());
        let losses = |trained: &Trained| -> Vec<f32> {
            let curves = trained.record.curves();
            curves.iter().flat_map(|curve| &curve.points).map(|point| point.loss as f32).collect()
        };
        close(&format!("losses of {kind}"), &losses(&trained), &losses(&trained_there), 1e-3);
    }
}

/// A module before and after five steps: what it makes of the queries.
fn trained<M: TrainableModule>(
    config: &TrainerConfig,
    module: M,
    queries: &QuerySet<M::Encoding>,
    device: &Device,
) -> [Embeddings; 2] {
    let trainer = Trainer::new(config.clone()).unwrap().with_progress(Progress::Silent);
    let embeddings = task::items();
    let start = OnDevice::new(module.clone(), device).apply(queries.encodings()).unwrap();
    let (module, _) =
        trainer.train(module, &task::on(&embeddings, device), queries, &Stop::After(5)).unwrap();
    [start, module.apply(queries.encodings()).unwrap()]
}

#[test]
fn five_training_steps_with_every_loss() {
    // Away from the identity, where recovery has something to do.
    let linear = list::every_kind().into_iter().find(|kind| kind.name == "linear").unwrap();
    let state = linear.disturbed(DIM, DIM, 5);
    let queries = task::queries().with_teacher(task::teacher()).unwrap();
    let queries = queries.with_negatives(task::negatives()).unwrap();
    for json in LOSSES {
        let loss = serde_json::from_str(json).unwrap();
        let config = TrainerConfig { loss, batch_size: 16, ..TrainerConfig::default() };
        let on = |device: &Device| {
            let module = Registry::default().trainable(&state, device).unwrap();
            trained(&config, module, &queries, device)
        };
        let ([start, expected], [_, found]) = (on(&cpu()), on(&gpu()));
        assert_ne!(start, expected, "{json} teaches something");
        learned_the_same(json, start.as_slice(), expected.as_slice(), found.as_slice());
    }
}

#[test]
fn five_training_steps_over_token_states() {
    let text = |query: usize| embeddings(1 + query % 4, 5, query as u32).as_slice().to_vec();
    let texts: Vec<Vec<f32>> = (0..QUERIES).map(text).collect();
    let states = TokenStates::from_texts(embeddings(QUERIES, DIM, 1), 5, &texts).unwrap();
    let queries = QuerySet::new(states, task::judgements()).unwrap();
    let config = TrainerConfig { batch_size: 16, ..TrainerConfig::default() };
    for kind in RecipeConfig::token_kinds() {
        let on = |device: &Device| {
            let module = Registry::token_states().init(&over_tokens(kind), device).unwrap();
            trained(&config, module, &queries, device)
        };
        let ([start, expected], [_, found]) = (on(&cpu()), on(&gpu()));
        assert_ne!(start, expected, "{kind} learns something");
        learned_the_same(kind, start.as_slice(), expected.as_slice(), found.as_slice());
    }
}
