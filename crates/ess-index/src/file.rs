//! Files of indexes: one format for all kinds, version 1, of `ess-files`.

pub(crate) mod contents;
pub(crate) mod numbers;
pub(crate) mod stored;
