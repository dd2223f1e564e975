//! Relation models on the command line.

use clap::builder::PossibleValue;
use ess_relations::relation_models;

use super::kind_parser::KindParser;

/// Reads the name of a relation model, one that a program registered among them.
pub(crate) fn parser() -> KindParser {
    KindParser::new(relation_models().into_iter().map(PossibleValue::new))
}
