//! From texts to their vectors: tokens, states, pooling, and what comes behind it.

use ess_core::{Embeddings, ItemEncoder, QueryEncoder};

use super::{encoder::SentenceEncoder, head::HeadStep, side::Side};
use crate::{error::Error, model::tokenizer::token_ids::TokenIds};

impl SentenceEncoder {
    fn encode(&self, texts: &[&str], side: Side) -> Result<Embeddings, Error> {
        let pooled =
            self.run(texts, side, &[self.config.layers], |states, skipped| self.pool(states[0], skipped))?;
        self.embed(&pooled)
    }

    /// What is put before the texts of a side.
    pub(super) fn side_prompt(&self, side: Side) -> &str {
        match side {
            Side::Query => &self.prompts.query,
            Side::Item => &self.prompts.item,
        }
    }

    /// Gives `use_states` the states of each text's tokens (`T × token_dim`) at each of `layers`, and how many of them
    /// the pooling leaves out; results in the order of the texts.
    pub(super) fn run<R: Send>(
        &self,
        texts: &[&str],
        side: Side,
        layers: &[usize],
        use_states: impl Fn(&[&[f32]], usize) -> R + Sync,
    ) -> Result<Vec<R>, Error> {
        self.run_behind(self.side_prompt(side), texts, layers, use_states)
    }

    /// As [`SentenceEncoder::run`], behind a prompt of the caller's.
    pub(super) fn run_behind<R: Send>(
        &self,
        prompt: &str,
        texts: &[&str],
        layers: &[usize],
        use_states: impl Fn(&[&[f32]], usize) -> R + Sync,
    ) -> Result<Vec<R>, Error> {
        if texts.is_empty() {
            return Err(ess_core::Error::Empty { what: "texts to encode" }.into());
        }
        let tokens = self.tokenize(texts, prompt)?;
        let skipped = self.prompt_tokens(prompt)?;
        self.engine.run(&tokens, layers, |_, states| use_states(states, skipped))
    }

    /// The pooled states of one text.
    pub(super) fn pool(&self, states: &[f32], skipped: usize) -> Vec<f32> {
        let mut pooled = Vec::with_capacity(self.pooled_dim());
        self.pooling.pool(states, self.config.dim, skipped, &mut pooled);
        pooled
    }

    /// The dimension of the pooled states.
    pub(super) fn pooled_dim(&self) -> usize {
        self.pooling.dim(self.config.dim)
    }

    /// The sentence embeddings of pooled states of the last layer: dense layers and normalisation.
    pub(super) fn embed<P: AsRef<[f32]>>(&self, pooled: &[P]) -> Result<Embeddings, Error> {
        self.through(&self.head, pooled)
    }

    pub(super) fn through<P: AsRef<[f32]>>(
        &self,
        head: &[HeadStep],
        pooled: &[P],
    ) -> Result<Embeddings, Error> {
        let mut dim = self.pooled_dim();
        let mut vectors = Vec::with_capacity(pooled.len() * dim);
        pooled.iter().for_each(|row| vectors.extend_from_slice(row.as_ref()));
        for step in head {
            vectors = step.apply(vectors, dim);
            dim = step.dim(dim);
        }
        Ok(Embeddings::from_vec(vectors, dim)?)
    }

    pub(super) fn tokenize(&self, texts: &[&str], prompt: &str) -> Result<Vec<TokenIds>, Error> {
        let prepared = texts.iter().map(|text| format!("{prompt}{text}"));
        let mut tokens = self.tokenizer.encode(prepared.collect(), true)?;
        if let Some(end) = self.config.text_end {
            for text in &mut tokens {
                let read = end.tokens(&text.ids);
                text.ids.truncate(read);
                text.types.truncate(read);
            }
        }
        Ok(tokens)
    }

    /// How many tokens before the text the pooling leaves out.
    pub(super) fn prompt_tokens(&self, prompt: &str) -> Result<usize, Error> {
        if prompt.is_empty() || self.pooling.include_prompt {
            return Ok(0);
        }
        self.tokenizer.prompt_tokens(prompt)
    }
}

impl QueryEncoder for SentenceEncoder {
    type Query = str;
    type Encoding = Embeddings;

    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_queries(&self, queries: &[&str]) -> Result<Embeddings, ess_core::Error> {
        Ok(self.encode(queries, Side::Query)?)
    }
}

impl ItemEncoder for SentenceEncoder {
    type Item = str;

    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_items(&self, items: &[&str]) -> Result<Embeddings, ess_core::Error> {
        Ok(self.encode(items, Side::Item)?)
    }
}
