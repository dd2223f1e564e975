//! Kinds by name: the table that settings and flags are read by.

pub(crate) mod ordered_json;
pub(crate) mod table;
pub(crate) mod tagged;
