//! Cutting a development set from training judgements.

use ess_metrics::Qrels;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::error::Error;

/// Splits qrels by query: what is left for training, and a share of the queries, drawn at random, for development.
///
/// All judgements of a query stay together. Of `n` queries `fraction · n`, rounded, go to development, at least one
/// and at most `n − 1`. The draw depends on the set of query ids and the seed, not on the order of the qrels.
///
/// ```
/// use ess_data::cut_dev;
/// use ess_metrics::Qrels;
///
/// let mut qrels = Qrels::new();
/// for i in 0..10 {
///     qrels.insert(&format!("q{i}"), "d1", 1)?;
/// }
/// let (train, dev) = cut_dev(&qrels, 0.2, 42)?;
/// assert_eq!((train.len(), dev.len()), (8, 2));
/// # Ok::<(), ess_data::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidParameter`] unless `0 < fraction < 1`, [`Error::TooFew`] for less than two queries.
pub fn cut_dev(qrels: &Qrels, fraction: f64, seed: u64) -> Result<(Qrels, Qrels), Error> {
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(Error::InvalidParameter {
            name: "fraction of the queries cut for development",
            expected: "more than 0 and less than 1",
            found: fraction.to_string(),
        });
    }
    let mut queries: Vec<&str> = qrels.queries().collect();
    if queries.len() < 2 {
        return Err(Error::TooFew {
            what: "judged queries to cut in two",
            expected: 2,
            found: queries.len(),
        });
    }
    let cut = ((fraction * queries.len() as f64).round() as usize).clamp(1, queries.len() - 1);
    queries.sort_unstable();
    queries.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let dev_queries: std::collections::HashSet<&str> = queries[..cut].iter().copied().collect();

    let (mut train, mut dev) = (Qrels::new(), Qrels::new());
    for (query, item, grade) in qrels.iter() {
        let side = if dev_queries.contains(query) { &mut dev } else { &mut train };
        side.insert(query, item, grade)?;
    }
    Ok((train, dev))
}
