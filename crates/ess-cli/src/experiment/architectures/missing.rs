//! What is not in a table for want of something.

use super::{given::Given, modules::Modules};

impl Given<'_> {
    /// Each system that is left out, with the flag that adds it.
    pub(super) fn missing(&self, modules: &Modules<'_>) -> Vec<String> {
        let of_items = self.tokens.as_ref().is_some_and(|tokens| tokens.of_items);
        let of_tokens = format!("{} (`--token-states`)", modules.of_tokens.join(", "));
        let all = [
            (self.texts.is_some(), "BM25 and its hybrid (`--texts`)"),
            (self.tokens.is_some() || modules.of_tokens.is_empty(), &of_tokens),
            (of_items, "MaxSim (`--token-states`, with token states of the items too)"),
            (self.cross_encoder.is_some(), "a cross-encoder (`--cross-encoder`, with `--texts`)"),
            (
                !self.tuned.is_empty(),
                "two towers and RocketQA, bare and under searching modules (`--tuned`, once for each)",
            ),
        ];
        all.into_iter().filter(|(there, _)| !there).map(|(_, what)| what.to_owned()).collect()
    }
}
