//! Files of indexes: one format for all kinds, version 1, of `ess-files`.

pub(crate) mod contents;
pub(crate) mod in_memory;
pub(crate) mod stored;
