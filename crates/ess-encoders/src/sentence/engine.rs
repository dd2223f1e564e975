//! A loaded transformer and where it is computed.

#[cfg(feature = "device")]
mod on_device;
mod waves;

use rayon::prelude::*;

#[cfg(feature = "device")]
use self::on_device::DeviceEngine;
use self::waves::waves;
use crate::{
    compute::{
        host::{
            HostCompute,
            memory::{HostMatrix, HostVector},
            weight::HostWeight,
        },
        place::Place,
        precision::Precision,
    },
    error::Error,
    model::{tokenizer::token_ids::TokenIds, transformer_config::TransformerConfig},
    transformer::{
        attention_shape::AttentionShape, definition::Transformer, host_tokens::HostTokens,
        loading::load_transformer, token_batch::TokenBatch,
    },
    weights::Weights,
};

/// A transformer in host memory, or on a Burn device.
pub(crate) enum Engine {
    Host(HostCompute, Box<Transformer<HostMatrix, HostWeight, HostVector>>),
    #[cfg(feature = "device")]
    Device(DeviceEngine),
}

// Tokens computed together on the host: enough for the products to run at full rate, and few enough to stay in the
// cache and to share the work evenly.
const HOST_TOKENS: usize = 512;
// Numbers that texts computed at the same time have in memory, 4 GiB: long texts wait for each other.
const HOST_NUMBERS: usize = 1 << 30;

impl Engine {
    pub(crate) fn load(weights: &Weights, config: &TransformerConfig, place: &Place) -> Result<Self, Error> {
        match place {
            Place::Host(precision) => {
                let compute = HostCompute { precision: *precision };
                Ok(Self::Host(compute, Box::new(load_transformer(&compute, weights, config)?)))
            }
            #[cfg(feature = "device")]
            Place::Device(device) => Ok(Self::Device(DeviceEngine::load(weights, config, device)?)),
        }
    }

    /// How the weights of linear layers are kept.
    pub(crate) fn precision(&self) -> Precision {
        match self {
            Self::Host(compute, _) => compute.precision,
            #[cfg(feature = "device")]
            Self::Device(_) => Precision::F32,
        }
    }

    /// Runs all texts, in batches of about equal lengths, and gives `use_states` each text's index, and the states
    /// of its tokens at each of `layers` (0 before the first block). Results come in the order of the texts.
    pub(crate) fn run<R: Send>(
        &self,
        texts: &[TokenIds],
        layers: &[usize],
        use_states: impl Fn(usize, &[&[f32]]) -> R + Sync,
    ) -> Result<Vec<R>, Error> {
        self.run_batches(texts, &|_, _| (), layers, use_states)
    }

    /// The same where only the first tokens of each text are attended to, as many as `attended` says.
    pub(crate) fn run_attending<R: Send>(
        &self,
        texts: &[TokenIds],
        attended: &[usize],
        layers: &[usize],
        use_states: impl Fn(usize, &[&[f32]]) -> R + Sync,
    ) -> Result<Vec<R>, Error> {
        let limit = |batch: &mut TokenBatch, group: &[usize]| {
            batch.attended = Some(group.iter().map(|&text| attended[text]).collect());
        };
        self.run_batches(texts, &limit, layers, use_states)
    }

    /// The same with what `added` gives for each text, `T × e`, added to the rows of the tables.
    pub(crate) fn run_with<R: Send>(
        &self,
        texts: &[TokenIds],
        added: &(dyn Fn(usize) -> Vec<f32> + Sync),
        layers: &[usize],
        use_states: impl Fn(usize, &[&[f32]]) -> R + Sync,
    ) -> Result<Vec<R>, Error> {
        let add = |batch: &mut TokenBatch, group: &[usize]| {
            batch.added = Some(group.iter().flat_map(|&text| added(text)).collect());
        };
        self.run_batches(texts, &add, layers, use_states)
    }

    /// Runs all texts in batches, each of which `complete` changes, knowing which texts it has.
    fn run_batches<R: Send>(
        &self,
        texts: &[TokenIds],
        complete: &(dyn Fn(&mut TokenBatch, &[usize]) + Sync),
        layers: &[usize],
        use_states: impl Fn(usize, &[&[f32]]) -> R + Sync,
    ) -> Result<Vec<R>, Error> {
        let run_group = |group: &[usize]| -> Result<Vec<(usize, R)>, Error> {
            let mut batch = TokenBatch::new(group.iter().map(|&text| &texts[text]));
            complete(&mut batch, group);
            let states = self.states(&batch, layers)?;
            let of_text = |(&text, range): (&usize, std::ops::Range<usize>)| {
                let tokens = |layer: &HostTokens| range.start * layer.dim..range.end * layer.dim;
                let states: Vec<_> = states.iter().map(|layer| &layer.values[tokens(layer)]).collect();
                (text, use_states(text, &states))
            };
            Ok(group.iter().zip(batch.ranges()).map(of_text).collect())
        };
        let mut results: Vec<_> = self.run_groups(texts, run_group)?.into_iter().flatten().collect();
        let empty: Vec<&[f32]> = vec![&[]; layers.len()];
        let without_tokens = (0..texts.len()).filter(|&text| texts[text].ids.is_empty());
        results.extend(without_tokens.map(|text| (text, use_states(text, &empty))));
        results.sort_unstable_by_key(|(text, _)| *text);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }

    /// Cuts the texts into groups that fit in memory together and runs each: on the host many at a time, on a device one.
    fn run_groups<R: Send>(
        &self,
        texts: &[TokenIds],
        run_group: impl Fn(&[usize]) -> Result<Vec<R>, Error> + Sync,
    ) -> Result<Vec<Vec<R>>, Error> {
        let order = longest_first(texts);
        match self {
            Self::Host(..) => {
                let groups = groups(&order, texts, HOST_TOKENS, false);
                let tokens = |group: &[usize]| group.iter().map(|&text| texts[text].ids.len()).sum::<usize>();
                let size = |group: &&[usize]| tokens(group).saturating_mul(self.numbers_of_a_token());
                let of_wave = |wave: &[&[usize]]| {
                    wave.par_iter().map(|group| run_group(group)).collect::<Result<Vec<_>, _>>()
                };
                let waves = waves(&groups, size, HOST_NUMBERS, rayon::current_num_threads());
                let done = waves.into_iter().map(of_wave).collect::<Result<Vec<_>, _>>()?;
                Ok(done.into_iter().flatten().collect())
            }
            #[cfg(feature = "device")]
            Self::Device(engine) => {
                let longest = order.first().map_or(0, |&text| texts[text].ids.len());
                let groups = groups(&order, texts, engine.tokens_at_once(longest)?, true);
                groups.into_iter().map(run_group).collect()
            }
        }
    }

    /// How many numbers a token takes in host memory while it is in a block.
    fn numbers_of_a_token(&self) -> usize {
        match self {
            Self::Host(.., transformer) => {
                let of_block = |attention: &AttentionShape| attention.columns() + attention.dim();
                let widest = transformer.blocks.iter().map(|block| of_block(&block.attention)).max();
                widest.unwrap_or(0) + 3 * transformer.tables.words.columns
            }
            #[cfg(feature = "device")]
            Self::Device(_) => 0,
        }
    }

    fn states(&self, batch: &TokenBatch, layers: &[usize]) -> Result<Vec<HostTokens>, Error> {
        match self {
            Self::Host(compute, transformer) => transformer.states(compute, batch, layers),
            #[cfg(feature = "device")]
            Self::Device(engine) => engine.states(batch, layers),
        }
    }
}

/// The texts that have tokens; equal lengths in text order, so that batches repeat.
fn longest_first(texts: &[TokenIds]) -> Vec<usize> {
    let mut order: Vec<_> = (0..texts.len()).filter(|&text| !texts[text].ids.is_empty()).collect();
    order.sort_by_key(|&text| std::cmp::Reverse(texts[text].ids.len()));
    order
}

/// Cuts the order into groups of at most `limit` tokens, or one text. Padded texts count as the longest of their group.
fn groups<'o>(order: &'o [usize], texts: &[TokenIds], limit: usize, padded: bool) -> Vec<&'o [usize]> {
    let mut groups = Vec::new();
    let (mut start, mut tokens) = (0, 0);
    let counted = |start: usize, at: usize| texts[order[if padded { start } else { at }]].ids.len();
    for at in 0..order.len() {
        if at > start && tokens + counted(start, at) > limit {
            groups.push(&order[start..at]);
            (start, tokens) = (at, 0);
        }
        tokens += counted(start, at);
    }
    if start < order.len() {
        groups.push(&order[start..]);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_every_text_once_and_keep_to_the_limit() {
        let text = |length: usize| TokenIds { ids: vec![0; length], types: vec![0; length] };
        let texts: Vec<_> = [3, 0, 9, 4, 4, 1].into_iter().map(text).collect();
        let order = longest_first(&texts);
        assert_eq!(order, [2, 3, 4, 0, 5]);
        assert_eq!(groups(&order, &texts, 8, false), [&[2][..], &[3, 4], &[0, 5]]);
        assert_eq!(groups(&order, &texts, 10, true), [&[2][..], &[3, 4], &[0, 5]]);
        assert_eq!(groups(&order, &texts, 18, true), [&[2, 3][..], &[4, 0, 5]]);
    }
}
