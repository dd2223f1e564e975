//! The steps of one training.

use std::time::Instant;

use ess_files::Checksum;

use super::{
    config::PairTrainingConfig,
    lists::{KnownLists, List},
    looks::Looker,
    loss::loss_of,
    network::PairNetwork,
    parts::CrossParts,
    texts::PairTexts,
};
use crate::{
    cross_encoder::pair_cut::PairCut,
    error::Error,
    training::{
        cached_pass::{CachedPass, StepSide},
        draws::rows_of_step,
        state::State,
        steps::Trains,
    },
};

/// What steps are taken with.
pub(super) struct Run<'a> {
    pub(super) config: &'a PairTrainingConfig,
    pub(super) parts: &'a CrossParts,
    pub(super) items: &'a [&'a str],
    pub(super) train: &'a PairTexts<'a>,
    pub(super) dev: &'a PairTexts<'a>,
    pub(super) known: KnownLists,
    pub(super) looker: Looker,
}

impl Trains for Run<'_> {
    fn step(&self, state: &mut State, step: usize) -> Result<f64, Error> {
        let (started, config) = (Instant::now(), self.config);
        let rows = rows_of_step(self.train.queries.texts().len(), config.batch_size, config.seed, step);
        let lists: Vec<List> = rows.iter().map(|&row| self.known.of_step(config, row, step)).collect();
        let (loss, tokens, gradients) = self.gradients(&state.towers[0], &lists)?;
        if !loss.is_finite() {
            return Err(ess_train::Error::Diverged { step, loss }.into());
        }
        state.update(&[gradients], &self.parts.layout.tensors, &config.trainer(), step)?;
        state.passed(tokens, started.elapsed());
        Ok(loss)
    }

    fn look(&self, towers: &[Vec<f32>], step: usize) -> Result<Vec<f64>, Error> {
        self.looker.measure(self.parts, &towers[0], step)
    }
}

impl Run<'_> {
    /// The loss of lists, their tokens, and the gradients of all parameters.
    pub(super) fn gradients(&self, values: &[f32], lists: &[List]) -> Result<(f64, usize, Vec<f32>), Error> {
        let pair = |list: &List, item: usize| (self.train.queries.texts()[list.query], self.items[item]);
        let of_list = |list| list_pairs(list, &pair);
        let pairs: Vec<(&str, &str)> = lists.iter().flat_map(of_list).collect();
        let tokens = self.parts.tokenizer.encode(&pairs, PairCut::Item)?;
        let network = PairNetwork::new(self.parts, values, true);
        let texts = tokens.iter().collect();
        let sides = [StepSide { network: &network, tower: 0, texts, skipped: 0, dim: 1 }];
        let pass = CachedPass::forward(&sides, self.config.chunk_tokens, self.config.kept_tokens);
        let (loss, of_scores) = loss_of(self.config.loss, lists, &pass.vectors[0]);
        let mut gradients = [vec![0.0; values.len()]];
        if loss.is_finite() {
            pass.back(&[Some(of_scores)], &mut gradients);
        }
        let [gradients] = gradients;
        Ok((loss, pass.tokens(), gradients))
    }

    /// All that decides it: settings, the model it begins with and its tokenizer, and all texts with what is known of them.
    pub(super) fn identity(&self) -> [String; 3] {
        let settings = serde_json::to_string(self.config).unwrap_or_default();
        let mut values: Vec<u8> = self.parts.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        values.extend(self.parts.files.bytes());
        let mut bytes = Vec::new();
        push_texts(&mut bytes, self.items);
        for side in [self.train, self.dev] {
            push_texts(&mut bytes, side.queries.texts());
            for judged in side.queries.judgements() {
                push_all(&mut bytes, judged.iter().flat_map(|known| [known.item as u64, known.grade as u64]));
            }
            for rows in &side.candidates {
                push_all(&mut bytes, rows.iter().map(|&row| row as u64));
            }
            for scored in &side.teacher {
                let numbers =
                    scored.iter().flat_map(|known| [known.item as u64, u64::from(known.score.to_bits())]);
                push_all(&mut bytes, numbers);
            }
        }
        [settings, Checksum::of(&values).to_string(), Checksum::of(&bytes).to_string()]
    }
}

fn list_pairs<'t>(
    list: &List,
    pair: &impl Fn(&List, usize) -> (&'t str, &'t str),
) -> Vec<(&'t str, &'t str)> {
    list.items.iter().map(|&item| pair(list, item)).collect()
}

fn push_texts(bytes: &mut Vec<u8>, texts: &[&str]) {
    for text in texts {
        push_all(bytes, [text.len() as u64]);
        bytes.extend_from_slice(text.as_bytes());
    }
}

/// Numbers, and how many there are.
fn push_all(bytes: &mut Vec<u8>, numbers: impl IntoIterator<Item = u64>) {
    let numbers: Vec<u64> = numbers.into_iter().collect();
    bytes.extend_from_slice(&(numbers.len() as u64).to_le_bytes());
    numbers.iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
}

#[cfg(test)]
mod tests;
