//! What was chosen, as something that can be kept and searched with.

use std::collections::BTreeMap;

use ess_core::Embeddings;
use ess_lexical::{Bm25Config, TextAnalyzer};
use ess_search::ModuleState;

use super::{plan::Plan, selection::Choice};

/// A chosen searching operation: the weights of all features, the training queries as nearest neighbours, and the trained modules.
///
/// It knows the items of training by id and embedding. Bound to another collection it forgets them, leaves trained modules aside
/// and searches with cautious weights of the features that need no training.
///
/// Runnable at [`Auto`](crate::Auto).
#[derive(Clone, Debug, PartialEq)]
pub struct AutoModule {
    pub(crate) plan: Plan,
    pub(crate) modules: BTreeMap<String, ModuleState>,
    /// The training queries' embeddings.
    pub(crate) queries: Embeddings,
}

impl AutoModule {
    pub(crate) fn new(plan: Plan, modules: Vec<(String, ModuleState)>, queries: Embeddings) -> Self {
        Self { plan, modules: modules.into_iter().collect(), queries }
    }

    /// The choice that looks at embeddings alone.
    pub fn dense(&self) -> &Choice {
        &self.plan.dense
    }

    /// The choice that looks at texts too, where there were texts to choose with.
    pub fn hybrid(&self) -> Option<&Choice> {
        self.plan.hybrid.as_ref()
    }

    /// The lexical encoder that a collection is to be given texts with.
    pub fn lexical(&self) -> Bm25Config {
        self.plan.lexical
    }

    /// Whether the choice with texts was made with other stems than this version makes, or by one that did not say with
    /// which. Queries and items are stemmed alike whenever it searches, so that it searches well; but its weights were
    /// fitted to, and its gain measured with, those other stems.
    pub fn has_other_stems(&self) -> bool {
        self.plan.hybrid.is_some() && self.plan.stems.as_deref() != Some(TextAnalyzer::RULES)
    }

    /// The dimension of queries and items.
    pub fn dim(&self) -> usize {
        self.queries.dim()
    }
}
