//! Items that are near to too many queries.

use ess_core::Hit;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// How unevenly items are found: Radovanović, Nanopoulos and Ivanović, "Hubs in space", JMLR 2010.
///
/// `N_k` of an item is the number of queries among whose first `k` hits it is. In spaces of many dimensions few items, the hubs,
/// come to be near to many queries that they have nothing to do with, and many items are found by none.
///
/// ```
/// use ess_core::Hit;
/// use ess_diagnostics::Hubness;
///
/// // Item 0 is the first hit of all four queries.
/// let hits = vec![vec![Hit::new(0, 0.9)]; 4];
/// let hubness = Hubness::of(&hits, 5)?;
/// assert_eq!((hubness.most, hubness.never_found), (4, 0.8));
/// assert!((hubness.skewness - 1.5).abs() < 1e-9);
/// # Ok::<(), ess_diagnostics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hubness {
    /// The third standardised moment of `N_k` over the items; 0 where all are found alike. It grows with the number of items
    /// to a query: compare it between spaces for the same queries, items and `k`.
    pub skewness: f64,
    /// The skewness that hits drawn by chance would have: `N_k` is binomial then.
    pub skewness_by_chance: f64,
    /// The share of the items that no query finds.
    pub never_found: f64,
    /// The greatest `N_k`.
    pub most: usize,
    /// The share of all hits that the most found hundredth of the items takes (at least one item).
    pub hits_of_top_percent: f64,
}

impl Hubness {
    /// Of the first hits of each query, as any index of `ess-core` gives them for one `k`, among a number of items.
    ///
    /// # Errors
    /// [`Error::TooFew`] without a hit or with fewer than 2 items, [`Error::UnknownItem`] for a hit beyond them,
    /// [`Error::NoVariance`] when all items are found equally often.
    pub fn of(hits: &[Vec<Hit>], items: usize) -> Result<Self, Error> {
        Error::check_count("items", 2, items)?;
        let total: usize = hits.iter().map(Vec::len).sum();
        Error::check_count("hits", 1, total)?;
        let found = counts(hits, items)?;
        let mean = total as f64 / items as f64;
        let moment =
            |power| found.iter().map(|&n| (f64::from(n) - mean).powi(power)).sum::<f64>() / items as f64;
        let variance = moment(2);
        if variance <= 0.0 {
            return Err(Error::NoVariance { what: "counts of hits", figure: "their skewness" });
        }
        let mut falling = found.clone();
        falling.sort_unstable_by(|a, b| b.cmp(a));
        let top: u32 = falling.iter().take((items / 100).max(1)).sum();
        // A query's hits are different items, each one with the same chance.
        let chance = mean / hits.len() as f64;
        Ok(Self {
            skewness: moment(3) / variance.powf(1.5),
            skewness_by_chance: (1.0 - 2.0 * chance) / (hits.len() as f64 * chance * (1.0 - chance)).sqrt(),
            never_found: found.iter().filter(|&&n| n == 0).count() as f64 / items as f64,
            most: falling[0] as usize,
            hits_of_top_percent: f64::from(top) / total as f64,
        })
    }
}

fn counts(hits: &[Vec<Hit>], items: usize) -> Result<Vec<u32>, Error> {
    let mut found = vec![0_u32; items];
    for (query, hits) in hits.iter().enumerate() {
        for hit in hits {
            let item = hit.item;
            *found.get_mut(item).ok_or(Error::UnknownItem { query, item, items })? += 1;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn hits_by_chance_have_the_skewness_of_chance() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (queries, items, k) = (2000, 4000, 10);
        let hits: Vec<Vec<Hit>> = (0..queries)
            .map(|_| {
                let start = rng.random_range(0..items);
                let step = 2 * rng.random_range(0..items / 2) + 1;
                (0..k).map(|rank| Hit::new((start + rank * step) % items, 1.0)).collect()
            })
            .collect();
        let hubness = Hubness::of(&hits, items).unwrap();
        assert!((hubness.skewness - hubness.skewness_by_chance).abs() < 0.1, "{hubness:?}");
        // Poisson with mean 5.
        assert!((hubness.never_found - (-5.0_f64).exp()).abs() < 0.005, "{hubness:?}");
    }

    #[test]
    fn bad_hits_are_refused() {
        assert!(matches!(Hubness::of(&[vec![]], 5), Err(Error::TooFew { what: "hits", .. })));
        assert!(matches!(
            Hubness::of(&[vec![Hit::new(1, 0.5)], vec![Hit::new(5, 0.5)]], 5),
            Err(Error::UnknownItem { query: 1, item: 5, items: 5 })
        ));
        let each = [vec![Hit::new(0, 1.0)], vec![Hit::new(1, 1.0)]];
        assert!(matches!(Hubness::of(&each, 2), Err(Error::NoVariance { .. })));
    }
}
