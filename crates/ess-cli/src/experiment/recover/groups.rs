//! A system beside a baseline: on all test queries, on those of known items, and on the others.

use anyhow::Result;

use crate::experiment::compared::Compared;

/// What the groups are called.
pub(super) const GROUPS: [&str; 3] = ["all", "seen", "unseen"];

/// All test queries, those of seen items, and the others; none for a group without queries.
pub(super) type Groups = [Option<Compared>; 3];

/// Compares two systems on each group. What is given has a value for each test query, in the order of their ids.
pub(super) fn compared(seen: &[bool], baseline: &[f64], system: &[f64]) -> Result<Groups> {
    let chosen = |values: &[f64], wanted: Option<bool>| -> Vec<f64> {
        let of_group = values.iter().zip(seen).filter(|(_, seen)| wanted.is_none_or(|w| w == **seen));
        of_group.map(|(value, _)| *value).collect()
    };
    let group = |wanted| Compared::of(&chosen(baseline, wanted), &chosen(system, wanted));
    Ok([group(None)?, group(Some(true))?, group(Some(false))?])
}
