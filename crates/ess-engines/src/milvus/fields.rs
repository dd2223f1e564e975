//! The fields of a collection.

pub(super) const ROW: &str = "row_number";
pub(super) const EMBEDDING: &str = "embedding";

/// The filter for entities with one of these keys.
pub(super) fn key_in(key: &str, keys: &[i64]) -> String {
    format!("{key} in [{}]", keys.iter().map(i64::to_string).collect::<Vec<_>>().join(","))
}
