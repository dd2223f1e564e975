//! Training queries held out to choose weights by.

use ess_core::Encoding;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::{data::query_set::definition::QuerySet, error::Error};

/// The share of the training queries that weights are chosen on.
const HELD_OUT: f64 = 0.2;

/// The queries in two sets, by seed: to train parts on, and to weigh them on. Both are all of them where there are too
/// few to cut.
pub(super) fn cut<E: Encoding>(
    queries: &QuerySet<E>,
    seed: u64,
) -> Result<(QuerySet<E>, QuerySet<E>), Error> {
    let held_out = (queries.len() as f64 * HELD_OUT).round() as usize;
    let mut rows: Vec<usize> = (0..queries.len()).collect();
    if held_out == 0 {
        return Ok((queries.select(&rows)?, queries.select(&rows)?));
    }
    rows.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    Ok((queries.select(&rows[held_out..])?, queries.select(&rows[..held_out])?))
}
