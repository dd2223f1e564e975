//! The names of what learns.

use clap::builder::PossibleValue;
use ess_train::RecipeConfig;

use crate::arguments::kind_parser::KindParser;

/// Automatic choice by embeddings alone, and with lexical search, as the page calls them.
pub(super) const DENSE: &str = "auto, dense";
pub(super) const HYBRID: &str = "auto, hybrid";

/// Reads the name of a kind of searching modules, or that of automatic choice.
pub(super) fn parser() -> KindParser {
    KindParser::new(RecipeConfig::kinds().into_iter().chain([RecipeConfig::AUTO]).map(PossibleValue::new))
}

/// What learns, given what is asked for and whether there are texts.
pub(super) fn all<'a>(asked: &[&'a str], with_texts: bool) -> Vec<&'a str> {
    let of = |name: &&'a str| match *name {
        RecipeConfig::AUTO if with_texts => vec![DENSE, HYBRID],
        RecipeConfig::AUTO => vec![DENSE],
        module => vec![module],
    };
    asked.iter().flat_map(of).collect()
}

/// Whether it is automatic choice.
pub(super) fn is_auto(system: &str) -> bool {
    [DENSE, HYBRID].contains(&system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn automatic_choice_is_two_systems_where_there_are_texts() {
        assert_eq!(all(&["linear", "auto"], true), ["linear", DENSE, HYBRID]);
        assert_eq!(all(&["auto", "ridge"], false), [DENSE, "ridge"]);
        assert!(is_auto(HYBRID) && !is_auto("linear"));
    }
}
