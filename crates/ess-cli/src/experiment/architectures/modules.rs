//! The kinds of searching modules that are measured, by what they read.

use anyhow::{Result, ensure};
use clap::builder::PossibleValue;
use ess_train::RecipeConfig;

use crate::{arguments::kind_parser::KindParser, experiment::module_list::chosen};

/// Kinds of modules.
pub(super) struct Modules<'a> {
    /// Over one vector a query.
    pub(super) of_vectors: Vec<&'a str>,
    /// Over the states of its tokens.
    pub(super) of_tokens: Vec<&'a str>,
}

const USUAL: [&str; 5] = ["linear", "mlp", "hypencoder", "poly_encoder", "token_attention"];

impl<'a> Modules<'a> {
    /// Reads the name of a kind of either.
    pub(super) fn parser() -> KindParser {
        let kinds = RecipeConfig::kinds().into_iter().chain(RecipeConfig::token_kinds());
        KindParser::new(kinds.map(PossibleValue::new))
    }

    /// Those that were given, or the usual ones. One that was given and reads token states is refused without any.
    pub(super) fn chosen(given: &'a [String], with_tokens: bool) -> Result<Self> {
        let reads_tokens = |kind: &&str| RecipeConfig::token_kinds().contains(kind);
        let (of_tokens, of_vectors): (Vec<&str>, _) =
            chosen(given, &USUAL)?.into_iter().partition(reads_tokens);
        for kind in of_tokens.iter().filter(|_| !given.is_empty()) {
            ensure!(with_tokens, "--module {kind}: it reads token states, which --token-states gives");
        }
        Ok(Self { of_vectors, of_tokens })
    }
}
