//! Every searching module on both devices: forward, gradients and five training steps.

use burn::tensor::Device;
use ess_core::{Embeddings, SearchModule};
use ess_search::{DeviceEncoding, Linear, Mlp, ModuleConfig, TrainableModule};
use ess_train::{DevSet, Progress, RecipeConfig, Trained, Trainer, TrainerConfig};

use crate::{
    agreement::{COMPUTED, close, learned_the_same},
    devices::{cpu, gpu},
    gradients::forward_and_gradients,
    task::{self, DIM, QUERIES, embeddings},
};

/// Forward and gradients of a kind, where queries and items are of one dimension and where they are of two.
fn agrees<M>(encoding: &M::Encoding)
where
    M: TrainableModule,
    M::Config: ModuleConfig,
{
    for item_dim in [DIM, DIM - 3] {
        let config = M::Config::default().between(encoding.dim(), item_dim).reseeded(5);
        let (expected, expected_gradients) = forward_and_gradients::<M>(&config, encoding, &cpu());
        let (found, found_gradients) = forward_and_gradients::<M>(&config, encoding, &gpu());
        let what = format!("{} to {item_dim} dimensions", M::KIND);
        close(&format!("{what}, forward"), &expected, &found, COMPUTED);
        close(&format!("{what}, gradients"), &expected_gradients, &found_gradients, COMPUTED);
        assert!(expected_gradients.iter().any(|&gradient| gradient != 0.0), "{what}: all gradients are 0");
    }
}

#[test]
fn forward_and_gradients_of_every_kind() {
    let queries = embeddings(QUERIES, DIM, 1);
    agrees::<Linear>(&queries);
    agrees::<Mlp>(&queries);
}

/// Five steps of what a recipe trains.
fn five_steps(recipe: &RecipeConfig, device: &Device) -> (Trained, Embeddings) {
    let config =
        TrainerConfig { max_steps: 5, evaluate_every: 5, batch_size: 16, ..TrainerConfig::default() };
    let measure = config.measure.clone();
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
