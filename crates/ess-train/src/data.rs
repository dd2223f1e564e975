//! Queries with judgements, and the items that they search.

pub(crate) mod dev_set;
pub(crate) mod items;
pub(crate) mod judgement;
pub(crate) mod laid_out;
pub(crate) mod looks;
pub(crate) mod near_duplicates;
pub(crate) mod query_set;
pub(crate) mod teacher;
