//! How many items embeddings of a dimension can hold so that every set of a few can be the first hits.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    combinations::combinations,
    free_run::{Course, FreeRun},
};
use crate::error::Error;

/// LIMIT's test of a dimension: embeddings that no text binds, of items and of one query for every set of `top` items, are moved by
/// gradient until each query finds its set first. What they cannot do no encoder of that dimension can be expected to do.
///
/// After section 4 of Weller, Boratko, Naim and Lee, "On the theoretical limitations of embedding-based retrieval", 2025: Adam on
/// InfoNCE over all items, with vectors of norm 1, and more items until some set stays out of reach.
///
/// What is found is what gradients find, a lower bound of what is possible. In four dimensions and more points of the moment curve
/// realise all pairs of any number of items (Gale 1963), by margins that soon are below all rounding.
///
/// ```
/// use ess_diagnostics::FreeEmbeddings;
///
/// // On a circle all pairs of three items can be first, and not all of four: the diagonals cross.
/// let critical = FreeEmbeddings { dim: 2, ..FreeEmbeddings::default() }.critical()?;
/// assert_eq!((critical.items, critical.beyond.map(|beyond| beyond.items)), (3, Some(4)));
/// # Ok::<(), ess_diagnostics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FreeEmbeddings {
    /// The dimension. Default: 4.
    pub dim: usize,
    /// The number of items of a set. Default: 2.
    pub top: usize,
    /// Whether items have unit norm, as for the cosine. Default: true.
    pub unit_norm: bool,
    /// What similarities are divided by before the softmax. Default: 0.05.
    pub temperature: f64,
    /// Adam's learning rate. Default: 0.01.
    pub learning_rate: f64,
    /// The maximum number of steps of a run. Default: 2000.
    pub steps: usize,
    /// Runs with different starting values for each number of items, the best of which counts. Default: 3.
    pub runs: usize,
    /// The maximum number of items. Default: 200.
    pub max_items: usize,
    /// The seed of the starting values. Default: 0.
    pub seed: u64,
}

impl Default for FreeEmbeddings {
    fn default() -> Self {
        Self {
            dim: 4,
            top: 2,
            unit_norm: true,
            temperature: 0.05,
            learning_rate: 0.01,
            steps: 2000,
            runs: 3,
            max_items: 200,
            seed: 0,
        }
    }
}

/// The largest number of items all of whose sets were realised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CriticalItems {
    /// The number of items.
    pub items: usize,
    /// What one item more came to; none where as many as were allowed are realised.
    pub beyond: Option<Beyond>,
}

/// What a number of items came to that is too large.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beyond {
    /// The number of items.
    pub items: usize,
    /// The largest share of sets that was realised in any run.
    pub realised: f64,
}

impl FreeEmbeddings {
    /// The critical number of items: more are tried, first about half as many again and then between, until the sets of one more
    /// are not realised. The same result in any number of threads.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside its range, and for more than a million sets.
    pub fn critical(&self) -> Result<CriticalItems, Error> {
        let (mut good, mut bad) = (self.top, None);
        while good < self.max_items {
            let tried = match &bad {
                Some(Beyond { items, .. }) if items - good == 1 => break,
                Some(Beyond { items, .. }) => good.midpoint(*items),
                None => (good + good.div_ceil(2)).min(self.max_items),
            };
            let realised = self.realised(tried)?;
            if realised >= 1.0 {
                good = tried;
            } else {
                bad = Some(Beyond { items: tried, realised });
            }
        }
        Ok(CriticalItems { items: good, beyond: bad })
    }

    /// The largest share of all sets of `top` of this many items that a run realised.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside its range, and for more than a million sets; [`Error::TooFew`] for fewer items
    /// than a set has.
    pub fn realised(&self, items: usize) -> Result<f64, Error> {
        self.check()?;
        let sets = combinations(items, self.top)?;
        let Self { dim, unit_norm, temperature, learning_rate, steps, .. } = *self;
        let course = Course { dim, unit_norm, temperature, learning_rate, steps };
        let run = |run: u64| FreeRun::new(&sets, items, course, self.seed.wrapping_add(run)).realised();
        Ok((0..self.runs as u64).into_par_iter().map(run).reduce(|| 0.0, f64::max))
    }

    fn check(&self) -> Result<(), Error> {
        let above_zero = |x: f64| x > 0.0 && x.is_finite();
        let refuse = |name, expected, found| Err(Error::Parameter { name, expected, found });
        for (name, value) in
            [("the temperature", self.temperature), ("the learning rate", self.learning_rate)]
        {
            if !above_zero(value) {
                return refuse(name, "above 0 and finite", value.to_string());
            }
        }
        if !(1..=4096).contains(&self.dim) {
            return refuse("the dimension", "between 1 and 4096", self.dim.to_string());
        }
        for (name, count) in [("the number of steps", self.steps), ("the number of runs", self.runs)] {
            if count == 0 {
                return refuse(name, "at least 1", "0".to_owned());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn critical(dim: usize, unit_norm: bool) -> usize {
        FreeEmbeddings { dim, unit_norm, max_items: 9, ..FreeEmbeddings::default() }.critical().unwrap().items
    }

    /// On a sphere items are in convex position. Their pairs are realised if all are edges of the hull, whose graph is planar in
    /// three dimensions, so that four items are the most. In the plane any five items have four in convex position (Klein), and of
    /// these a diagonal cannot be realised; four of which one lies between the others can be, where a descent finds them.
    #[test]
    fn few_dimensions_hold_what_geometry_says() {
        assert_eq!((critical(1, true), critical(2, true), critical(3, true)), (2, 3, 4));
        assert_eq!(critical(1, false), 2);
        assert!((3..=4).contains(&critical(2, false)));
    }

    /// Of five points of a circle five pairs of ten are neighbours: no descent can do better.
    #[test]
    fn more_dimensions_hold_more_and_single_items_are_always_held() {
        let four = FreeEmbeddings { max_items: 7, ..FreeEmbeddings::default() }.critical().unwrap();
        assert!(four.items >= 6, "{four:?}");
        let single = FreeEmbeddings { dim: 2, top: 1, max_items: 8, ..FreeEmbeddings::default() };
        assert_eq!(single.critical().unwrap(), CriticalItems { items: 8, beyond: None });
        let circle = FreeEmbeddings { dim: 2, ..FreeEmbeddings::default() };
        let share = circle.realised(5).unwrap();
        assert!((0.2..=0.5).contains(&share), "{share}");
        assert_eq!(circle.realised(5).unwrap(), share);
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let default = FreeEmbeddings::default;
        for bad in [
            FreeEmbeddings { dim: 0, ..default() },
            FreeEmbeddings { dim: usize::MAX, ..default() },
            FreeEmbeddings { top: 0, ..default() },
            FreeEmbeddings { steps: 0, ..default() },
            FreeEmbeddings { runs: 0, ..default() },
            FreeEmbeddings { temperature: 0.0, ..default() },
            FreeEmbeddings { learning_rate: f64::NAN, ..default() },
        ] {
            assert!(matches!(bad.critical(), Err(Error::Parameter { .. })), "{bad:?}");
        }
        let many = FreeEmbeddings { dim: 1, ..default() };
        assert!(matches!(many.realised(5000), Err(Error::Parameter { .. })));
        assert!(matches!(many.realised(1), Err(Error::TooFew { .. })));
    }
}
