//! The linear module, trained on a split.

use burn::tensor::Device;
use ess_search::{Linear, LinearConfig};
use ess_train::{Fitted, Items, ModuleRecipe, Progress, Trainer, TrainerConfig};

use crate::splits::{SciFact, Split};

pub(crate) fn fit_linear(split: &Split, config: TrainerConfig) -> Fitted {
    let scifact = SciFact::get();
    let dim = scifact.items.dim();
    let items = Items::new(&scifact.items, &Device::flex()).with_index(&scifact.index).unwrap();
    let recipe = ModuleRecipe::<Linear>::new(LinearConfig::new(dim, dim));
    let trainer = Trainer::new(config).unwrap().with_progress(Progress::Silent);
    trainer.fit(&recipe, &items, &split.train.set, &split.dev.set).unwrap()
}

/// Enough steps to leave the identity, few enough for a test that only compares.
pub(crate) fn a_few_steps() -> TrainerConfig {
    TrainerConfig { max_steps: 4, evaluate_every: 2, ..TrainerConfig::default() }
}
