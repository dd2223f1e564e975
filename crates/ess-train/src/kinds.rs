//! Kinds by name: the table that settings and flags are read by.

mod ordered_json;
mod table;
mod tagged;

pub(crate) use ordered_json::OrderedJson;
pub(crate) use table::{Entry, KindTable};
pub(crate) use tagged::{Tagged, tagged};
