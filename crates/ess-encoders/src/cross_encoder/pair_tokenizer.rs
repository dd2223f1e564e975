//! Pairs of query and item as tokens.

use std::path::Path;

use super::pair_cut::PairCut;
use crate::{
    error::Error,
    model::{
        folder::ModelFolder,
        tokenizer::{
            length::{MIN_TOKENS, longest_text},
            text_tokenizer::TextTokenizer,
            token_ids::TokenIds,
        },
        transformer_config::TransformerConfig,
    },
};

/// The tokenizer of a model that reads two texts together.
pub(crate) struct PairTokenizer {
    tokenizer: TextTokenizer,
    /// The one that cuts the second text of a pair alone.
    whole_queries: TextTokenizer,
}

impl PairTokenizer {
    /// Loads the tokenizer of a transformer; `stated` is the longest pair that a file beside it allows, if one says so.
    pub(crate) fn load(
        folder: &ModelFolder,
        config: &TransformerConfig,
        stated: Option<(usize, &Path)>,
    ) -> Result<Self, Error> {
        let longest = longest_text(folder, config, stated)?;
        let tokenizer = TextTokenizer::load(folder, longest, config.vocabulary, config.token_types)?;
        Self::of(tokenizer)
    }

    fn of(tokenizer: TextTokenizer) -> Result<Self, Error> {
        tokenizer.check_pairs()?;
        Ok(Self { whole_queries: tokenizer.cutting_second()?, tokenizer })
    }

    /// The same, cutting pairs to so many tokens; the model has `positions`.
    pub(crate) fn cutting_at(&self, tokens: usize, positions: usize) -> Result<Self, Error> {
        if !(MIN_TOKENS..=positions).contains(&tokens) {
            let expected = "between 5 and the model's positions";
            let found = format!("{tokens}; the model has {positions} positions");
            return Err(ess_core::Error::InvalidParameter { name: "max_tokens", expected, found }.into());
        }
        Self::of(self.tokenizer.cutting_at(tokens)?)
    }

    /// The tokens of pairs, in order.
    pub(crate) fn encode(&self, pairs: &[(&str, &str)], cut: PairCut) -> Result<Vec<TokenIds>, Error> {
        match cut {
            PairCut::Longest => self.tokenizer.encode(pairs.to_vec(), true),
            PairCut::Item => self.with_whole_queries(pairs),
        }
    }

    fn with_whole_queries(&self, pairs: &[(&str, &str)]) -> Result<Vec<TokenIds>, Error> {
        let alone: Vec<_> = pairs.iter().map(|(query, _)| (*query, "")).collect();
        let longest = self.tokenizer.longest().unwrap_or(usize::MAX);
        let alone = self.tokenizer.encode(alone, true)?;
        let has_room = |pair: &usize| alone[*pair].ids.len() < longest;
        let (whole, cut): (Vec<usize>, Vec<usize>) = (0..pairs.len()).partition(has_room);
        let mut tokens = vec![TokenIds { ids: Vec::new(), types: Vec::new() }; pairs.len()];
        for (tokenizer, chosen) in [(&self.whole_queries, whole), (&self.tokenizer, cut)] {
            let texts: Vec<_> = chosen.iter().map(|&pair| pairs[pair]).collect();
            for (pair, found) in chosen.into_iter().zip(tokenizer.encode(texts, true)?) {
                tokens[pair] = found;
            }
        }
        Ok(tokens)
    }
}
