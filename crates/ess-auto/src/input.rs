//! What a choice is made from and searched with: items, judged queries, and how they are encoded.

pub(crate) mod auto_queries;
pub(crate) mod batch;
pub(crate) mod collection;
pub(crate) mod encoding;
pub(crate) mod encoding_kind;
pub(crate) mod further_items;
pub(crate) mod further_queries;
pub(crate) mod item_scores;
pub(crate) mod query_tokens;
pub(crate) mod training_queries;
pub(crate) mod variant;
