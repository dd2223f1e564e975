//! Kinds of searching modules on the command line.

use anyhow::{Result, ensure};
use clap::builder::PossibleValue;
use ess_train::RecipeConfig;

use crate::arguments::kind_parser::KindParser;

/// Reads the name of a kind that is trained over embeddings.
pub(crate) fn kinds() -> KindParser {
    KindParser::new(RecipeConfig::kinds().into_iter().map(PossibleValue::new))
}

/// Reads the name of a kind that makes one vector of a query.
pub(crate) fn kinds_of_vectors() -> KindParser {
    let is_one = |kind: &&'static str| RecipeConfig::named(kind).is_ok_and(|recipe| !recipe.has_scoring());
    KindParser::new(RecipeConfig::kinds().into_iter().filter(is_one).map(PossibleValue::new))
}

/// The kinds that were given, or these where none was. A kind that is given twice is refused: its seeds would count twice.
pub(crate) fn chosen<'a>(given: &'a [String], otherwise: &[&'a str]) -> Result<Vec<&'a str>> {
    for (at, kind) in given.iter().enumerate() {
        ensure!(!given[..at].contains(kind), "--module: {kind:?} is given twice");
    }
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    Ok(if given.is_empty() { otherwise.to_vec() } else { given })
}
