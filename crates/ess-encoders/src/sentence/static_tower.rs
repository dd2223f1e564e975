//! A table of token vectors as one of two towers.

use ess_core::{Embeddings, ItemEncoder};

use super::{
    head::HeadStep,
    loading::{unused_prompts, warn_of},
    modules::ModelPart,
    prompts::{ModelSettings, Prompts},
    side::Side,
};
use crate::{error::Error, model::folder::ModelFolder, static_encoder::encoder::StaticEncoder};

/// A static encoder with what a model has around it: prompts before texts, and steps on vectors.
pub(super) struct StaticTower {
    pub(super) encoder: StaticEncoder,
    head: Vec<HeadStep>,
    pub(super) prompts: Prompts,
    pub(super) similarity: Option<String>,
    pub(super) assumptions: Vec<String>,
    pub(super) dim: usize,
}

impl StaticTower {
    /// Made of a StaticEmbedding and the parts behind it; `folder` is the whole model's.
    pub(super) fn from_parts(
        folder: &ModelFolder,
        table: &ModelPart,
        rest: &[ModelPart],
    ) -> Result<Self, Error> {
        let encoder = StaticEncoder::of_module(&table.folder)?;
        let model = ModelSettings::read(folder)?;
        let (head, dim) = HeadStep::all(rest, ItemEncoder::dim(&encoder), model.truncate_dim)?;
        let assumptions: Vec<_> = unused_prompts(&model).into_iter().collect();
        warn_of(folder, &assumptions);
        let (prompts, similarity) = (model.prompts(), model.similarity_fn_name);
        Ok(Self { encoder, head, prompts, similarity, assumptions, dim })
    }

    /// Cuts texts to `tokens` tokens.
    pub(super) fn with_max_tokens(self, tokens: usize) -> Result<Self, Error> {
        Ok(Self { encoder: self.encoder.with_max_tokens(tokens)?, ..self })
    }

    /// Whether the embeddings are scaled to unit norm.
    pub(super) fn normalizes(&self) -> bool {
        match self.head.last() {
            Some(step) => matches!(step, HeadStep::Normalize),
            None => self.encoder.normalizes(),
        }
    }

    /// The embeddings of `n` texts, in order, `n × dim`.
    pub(super) fn encode(&self, texts: &[&str], side: Side) -> Result<Embeddings, Error> {
        let prompt = match side {
            Side::Query => &self.prompts.query,
            Side::Item => &self.prompts.item,
        };
        let prepared: Vec<String> = texts.iter().map(|text| format!("{prompt}{text}")).collect();
        let means = self.encoder.encode(&prepared.iter().map(String::as_str).collect::<Vec<_>>())?;
        let mut dim = means.dim();
        let mut vectors = means.as_slice().to_vec();
        for step in &self.head {
            vectors = step.apply(vectors, dim);
            dim = step.dim(dim);
        }
        Ok(Embeddings::from_vec(vectors, dim)?)
    }
}

impl From<StaticEncoder> for StaticTower {
    fn from(encoder: StaticEncoder) -> Self {
        Self {
            head: Vec::new(),
            prompts: Prompts::default(),
            similarity: encoder.similarity().map(str::to_owned),
            assumptions: Vec::new(),
            dim: ItemEncoder::dim(&encoder),
            encoder,
        }
    }
}
