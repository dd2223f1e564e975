//! Items moved towards their training queries.

use ess_core::Embeddings;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{data::judgement::Judgement, error::Error, loss::gain::Gain};

/// Which constraint the moved items keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NudgeKind {
    /// NUDGE-N: an item turns towards its training queries and keeps its norm, until it has their direction or has moved by
    /// `radius · norm`.
    #[default]
    Normalized,
    /// NUDGE-M: an item moves by `radius · norm` towards its training queries. Its norm may grow.
    Magnitude,
}

/// Items (`m × d`) moved towards the mapped training queries (`n × d`) that they are relevant to, by at most `radius` times
/// their norm. Items that are relevant to no training query stay where they are.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_train::{Gain, Judgement, NudgeKind, nudge};
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let queries = Embeddings::from_rows(&[[0.0, 2.0]])?;
/// let judgements = [vec![Judgement { item: 0, grade: 1 }]];
/// let moved = nudge(NudgeKind::Magnitude, Gain::Linear, &items, &queries, &judgements, 0.5)?;
/// assert_eq!(moved, Embeddings::from_rows(&[[1.0, 0.5], [0.0, 1.0]])?);
/// // Far enough to point at its query, and no longer than it was.
/// let turned = nudge(NudgeKind::Normalized, Gain::Linear, &items, &queries, &judgements, 2.0)?;
/// assert!(turned.row(0)[0].abs() < 1e-6 && (turned.row(0)[1] - 1.0).abs() < 1e-6);
/// # Ok::<(), ess_train::Error>(())
/// ```
///
/// # Errors
/// [`Error::Core`] when queries and items have different dimensions or there is not one list of judgements for each
/// query, [`Error::UnknownItem`] for a judgement of an item that does not exist, [`Error::Config`] for a radius that is
/// negative or no number.
pub fn nudge(
    kind: NudgeKind,
    gain: Gain,
    items: &Embeddings,
    queries: &Embeddings,
    judgements: &[Vec<Judgement>],
    radius: f64,
) -> Result<Embeddings, Error> {
    if !(radius.is_finite() && radius >= 0.0) {
        let (name, expected) = ("radius of item offsets", "a finite number of at least 0");
        return Err(Error::Config { name, expected, found: radius.to_string() });
    }
    let pulls = Pulls::new(gain, items, queries, judgements)?;
    pulls.moved(kind, items, radius)
}

/// Where the queries pull the items.
pub(super) struct Pulls {
    /// The items that are pulled, ascending.
    pub(super) rows: Vec<usize>,
    /// For each of them, the direction, of unit norm: `k × d`.
    pub(super) directions: Vec<f32>,
    dim: usize,
}

impl Pulls {
    pub(super) fn new(
        gain: Gain,
        items: &Embeddings,
        queries: &Embeddings,
        judgements: &[Vec<Judgement>],
    ) -> Result<Self, Error> {
        let dim = items.dim();
        ess_core::Error::check_dim("queries that pull items", dim, queries.dim())?;
        let (what, expected, found) = ("judgements of queries", queries.len(), judgements.len());
        if expected != found {
            return Err(ess_core::Error::LengthMismatch { what, expected, found }.into());
        }
        let best = judgements.iter().flatten().map(|judged| judged.grade).max().unwrap_or(0);
        let mut sums = std::collections::BTreeMap::<usize, Vec<f64>>::new();
        for (query, (vector, judged)) in queries.rows().zip(judgements).enumerate() {
            for judged in judged.iter().filter(|judged| judged.grade > 0) {
                let item = judged.item;
                if item >= items.len() {
                    return Err(Error::UnknownItem { query, item, items: items.len() });
                }
                let worth = gain.of(judged.grade, best);
                let sum = sums.entry(item).or_insert_with(|| vec![0.0; dim]);
                sum.iter_mut().zip(vector).for_each(|(sum, &z)| *sum += worth * f64::from(z));
            }
        }
        let (mut rows, mut directions) = (Vec::new(), Vec::new());
        for (row, sum) in sums {
            let length = sum.iter().map(|x| x * x).sum::<f64>().sqrt();
            // Queries that cancel out pull nowhere.
            if length > 0.0 && length.is_finite() {
                rows.push(row);
                directions.extend(sum.iter().map(|x| (x / length) as f32));
            }
        }
        Ok(Self { rows, directions, dim })
    }

    /// The items, moved.
    pub(super) fn moved(
        &self,
        kind: NudgeKind,
        items: &Embeddings,
        radius: f64,
    ) -> Result<Embeddings, Error> {
        let moved: Vec<Vec<f32>> = self
            .rows
            .par_iter()
            .zip(self.directions.par_chunks(self.dim))
            .map(|(&row, direction)| match kind {
                NudgeKind::Normalized => turn(items.row(row), direction, radius),
                NudgeKind::Magnitude => push(items.row(row), direction, radius),
            })
            .collect();
        let mut values = items.as_slice().to_vec();
        for (&row, moved) in self.rows.iter().zip(moved) {
            values[row * self.dim..][..self.dim].copy_from_slice(&moved);
        }
        Ok(Embeddings::from_vec(values, self.dim)?)
    }
}

fn length(vector: &[f32]) -> f64 {
    vector.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt()
}

fn push(item: &[f32], direction: &[f32], radius: f64) -> Vec<f32> {
    let by = radius * length(item);
    item.iter().zip(direction).map(|(&x, &g)| (f64::from(x) + by * f64::from(g)) as f32).collect()
}

/// Turns an item in the plane of the item and the direction, along a chord of at most `radius` times its norm.
fn turn(item: &[f32], direction: &[f32], radius: f64) -> Vec<f32> {
    let length = length(item);
    if length == 0.0 {
        return item.to_vec();
    }
    let cosine: f64 =
        item.iter().zip(direction).map(|(&x, &g)| f64::from(x) * f64::from(g)).sum::<f64>() / length;
    let across: Vec<f64> =
        item.iter().zip(direction).map(|(&x, &g)| f64::from(g) - cosine * f64::from(x) / length).collect();
    let sine = across.iter().map(|x| x * x).sum::<f64>().sqrt();
    // A chord of `radius` spans this angle; the direction itself lies at the other.
    let angle = (2.0 * (radius / 2.0).min(1.0).asin()).min(sine.atan2(cosine));
    // An item that points straight away from its queries has no way to turn that is better than another.
    if sine < 1e-9 {
        return item.to_vec();
    }
    let (along, aside) = (angle.cos(), angle.sin() * length / sine);
    item.iter().zip(across).map(|(&x, across)| (along * f64::from(x) + aside * across) as f32).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(seed: f32, d: usize) -> Embeddings {
        Embeddings::from_vec((0..d).map(|i| (i as f32 * 1.3 + seed).sin()).collect(), d).unwrap().normalized()
    }

    proptest! {
        #[test]
        fn items_keep_within_the_radius_and_come_nearer(
            seed in 0.0_f32..6.0, other in 0.0_f32..6.0, d in 2_usize..9, radius in 0.0_f64..2.0, scale in 0.1_f32..9.0,
        ) {
            let item = Embeddings::from_vec(unit(seed, d).as_slice().iter().map(|x| x * scale).collect(), d).unwrap();
            let query = unit(other, d);
            let judgements = [vec![Judgement { item: 0, grade: 2 }]];
            let dot = |item: &Embeddings| ess_linalg::kernels::dot(item.row(0), query.row(0));
            for kind in [NudgeKind::Normalized, NudgeKind::Magnitude] {
                let moved = nudge(kind, Gain::Exponential, &item, &query, &judgements, radius).unwrap();
                let apart: Vec<f32> = item.row(0).iter().zip(moved.row(0)).map(|(a, b)| a - b).collect();
                let scale = f64::from(scale);
                prop_assert!(length(&apart) <= radius * scale * (1.0 + 1e-4) + 1e-5 * scale);
                prop_assert!(dot(&moved) >= dot(&item) - 1e-4 * scale as f32);
                if kind == NudgeKind::Normalized {
                    prop_assert!((length(moved.row(0)) / scale - 1.0).abs() < 1e-4);
                }
            }
        }
    }

    #[test]
    fn odd_items_and_queries_are_survived() {
        let items = Embeddings::from_rows(&[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]).unwrap();
        let queries = Embeddings::from_rows(&[[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]).unwrap();
        let judged = |item| vec![Judgement { item, grade: i32::MAX }];
        // Item 0 has no direction, item 1 points away from its query, and item 2's queries cancel out.
        let judgements = [judged(2), [judged(1), judged(2)].concat(), judged(0)];
        for kind in [NudgeKind::Normalized, NudgeKind::Magnitude] {
            let moved = nudge(kind, Gain::Exponential, &items, &queries, &judgements, 0.5).unwrap();
            assert_eq!(moved.row(2), items.row(2));
            assert_eq!(moved.row(0), items.row(0));
        }
        let beyond = [judged(3), judged(1), judged(1)];
        let found = nudge(NudgeKind::Normalized, Gain::Linear, &items, &queries, &beyond, 0.5);
        assert!(matches!(found, Err(Error::UnknownItem { query: 0, item: 3, items: 3 })));
    }
}
