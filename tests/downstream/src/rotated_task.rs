//! Generated queries whose relevant items lie a hidden rotation away.

use std::f32::consts::{PI, TAU};

use ess_kit::{prelude::*, train::Error};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Random items, and queries that are items turned back by hidden angles, with noise.
///
/// Training, dev and test queries want different items. So only a module that has found the angles does well on test:
/// remembering items does not help.
pub struct RotatedTask {
    /// `m × d`, of unit norm.
    pub items: Embeddings,
    /// The hidden angles, `d / 2`, in radians: what a perfect module learns.
    pub angles: Vec<f32>,
    /// Queries to train on, for the first 60 % of the items.
    pub train: QuerySet,
    /// Queries to choose on, for the next 20 %.
    pub dev: QuerySet,
    /// Queries to measure on, for the last 20 %.
    pub test: QuerySet,
}

/// The hidden angles are at most this far from 0; at half a turn both ways round would be as long.
const MAX_ANGLE: f32 = 0.6 * PI;

impl RotatedTask {
    /// Generates `m` items of `d` dimensions (`d` even), with noise of the given standard deviation in each dimension.
    ///
    /// # Errors
    /// [`Error::Core`] when there is no item for one of the three sets, or no dimension.
    pub fn generate(items: usize, dim: usize, noise: f32, seed: u64) -> Result<Self, Error> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let values = (0..items * dim).map(|_| gaussian(&mut random)).collect();
        let embeddings = Embeddings::from_vec(values, dim)?.normalized();
        let angles: Vec<f32> = (0..dim / 2).map(|_| random.random_range(-MAX_ANGLE..MAX_ANGLE)).collect();
        let mut queries = |rows: std::ops::Range<usize>| {
            let mut values = Vec::with_capacity(rows.len() * dim);
            for row in rows.clone() {
                values.extend(turned_back(embeddings.row(row), &angles));
            }
            values.iter_mut().for_each(|value| *value += noise * gaussian(&mut random));
            let relevant = rows.map(|item| vec![Judgement { item, grade: 1 }]).collect();
            QuerySet::new(Embeddings::from_vec(values, dim)?, relevant)
        };
        let (first, second) = (items * 3 / 5, items * 4 / 5);
        let (train, dev, test) = (queries(0..first)?, queries(first..second)?, queries(second..items)?);
        Ok(Self { items: embeddings, angles, train, dev, test })
    }
}

fn turned_back(item: &[f32], angles: &[f32]) -> Vec<f32> {
    let turn = |(pair, angle): (&[f32], &f32)| {
        let (sin, cos) = (-angle).sin_cos();
        [pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos]
    };
    item.chunks_exact(2).zip(angles).flat_map(turn).collect()
}

/// A draw from the standard normal distribution (Box and Muller 1958).
fn gaussian(random: &mut impl Rng) -> f32 {
    let radius = (-2.0 * (1.0 - random.random::<f32>()).ln()).sqrt();
    radius * (TAU * random.random::<f32>()).cos()
}
