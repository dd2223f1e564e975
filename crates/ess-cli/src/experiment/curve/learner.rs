//! What learns from some of the training queries.

use anyhow::Result;
use ess_train::{RecipeConfig, TrainerConfig};
use serde_json::{Value, json};

use crate::{
    data::split_data_set::Opened,
    experiment::task::{Task, Trained},
};

use super::draw::Draw;

/// A way to learn.
pub(super) trait Learner {
    /// What comes of it depends on these settings, beside the files of the data set and the draw.
    fn settings(&self) -> Value;

    /// Learns from what was drawn of the training queries, and is measured on test.
    fn learn(&self, data: &Opened, draw: Draw) -> Result<Trained>;
}

/// A searching module, trained with dev as the data set has it.
impl Learner for RecipeConfig {
    fn settings(&self) -> Value {
        json!(TrainerConfig::default())
    }

    fn learn(&self, data: &Opened, draw: Draw) -> Result<Trained> {
        let train = draw.queries(&data.train.set)?;
        Task::of(data)?.with_train(train).fit(self, draw.seed)
    }
}
