//! What goes through the model, each sequence of tokens once.

use std::{collections::HashMap, ops::Range};

use crate::model::tokenizer::token_ids::TokenIds;

/// Sequences of tokens, and what is made of the states of each.
#[derive(Default)]
pub(super) struct Inputs {
    pub(super) tokens: Vec<TokenIds>,
    /// As many as `tokens`.
    pub(super) uses: Vec<Vec<Use>>,
    by_ids: HashMap<Vec<u32>, usize>,
}

/// One use of a sequence: a piece or a window of a text, for one representation.
pub(super) struct Use {
    pub(super) block: usize,
    pub(super) text: usize,
    /// Its number among the pieces or windows of the text.
    pub(super) at: usize,
    /// Tokens of the prompt that are left out.
    pub(super) skipped: usize,
    pub(super) window: Option<WindowUse>,
}

/// What counts of a window.
pub(super) struct WindowUse {
    pub(super) kept: Range<usize>,
    /// Where each kept token ends in the text, in bytes.
    pub(super) ends: Vec<usize>,
    /// Whether it is the only one of the text.
    pub(super) alone: bool,
}

impl Inputs {
    /// Adds a use of a sequence, which other uses may share.
    pub(super) fn add(&mut self, tokens: TokenIds, used: Use) {
        let next = self.tokens.len();
        let at = *self.by_ids.entry(tokens.ids.clone()).or_insert(next);
        if at == next {
            self.tokens.push(tokens);
            self.uses.push(Vec::new());
        }
        self.uses[at].push(used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_representations_read_goes_through_the_model_once() {
        let mut inputs = Inputs::default();
        let used = |block, text| Use { block, text, at: 0, skipped: 0, window: None };
        let tokens = |ids: &[u32]| TokenIds { ids: ids.to_vec(), types: vec![0; ids.len()] };
        inputs.add(tokens(&[1, 5, 2]), used(0, 0));
        inputs.add(tokens(&[1, 6, 2]), used(0, 1));
        inputs.add(tokens(&[1, 5, 2]), used(1, 0));
        assert_eq!(inputs.tokens.len(), 2);
        assert_eq!(inputs.uses[0].iter().map(|used| used.block).collect::<Vec<_>>(), [0, 1]);
    }
}
