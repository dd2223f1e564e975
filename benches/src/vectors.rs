//! Kinds of vectors that approximate indexes are measured on.

use clap::ValueEnum;
use ess_core::Embeddings;
use ndarray::Array2;

use crate::generated::{low_intrinsic, normal};

/// Copies of one vector among near duplicates.
const COPIES: usize = 50;

/// How far a copy is from what it is a copy of.
const MOVED: f32 = 0.003;

const CLUSTERS: usize = 200;

/// The dimensions in which a cluster spreads.
const CLUSTER_LATENT: usize = 16;

/// What items and queries are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Vectors {
    /// Both of low intrinsic dimension ([`low_intrinsic`]).
    LowIntrinsic,
    /// Both in random directions.
    Random,
    /// Items in groups of 50 that differ by thousandths; queries of low intrinsic dimension, as one of each group is.
    NearDuplicates,
    /// Both in 200 clusters whose sizes and radii differ by factors of 14 and 50.
    Clusters,
    /// Items of low intrinsic dimension; queries of that kind after half of a random linear map.
    Mapped,
}

impl Vectors {
    /// So many items and queries of unit norm.
    ///
    /// # Panics
    /// When a number is zero.
    pub fn draw(self, items: usize, queries: usize, dim: usize) -> [Embeddings; 2] {
        match self {
            Self::LowIntrinsic => [low_intrinsic(items, dim, 1), low_intrinsic(queries, dim, 2)],
            Self::Random => [random(items, dim, 1), random(queries, dim, 2)],
            Self::NearDuplicates => [near_duplicates(items, dim), low_intrinsic(queries, dim, 2)],
            Self::Clusters => [clusters(items, dim, 1), clusters(queries, dim, 2)],
            Self::Mapped => [low_intrinsic(items, dim, 1), mapped(&low_intrinsic(queries, dim, 2))],
        }
    }
}

/// The same directions with log-normal norms: `sigma` is the standard deviation of their logarithms.
///
/// # Panics
/// When a norm is beyond `f32`.
pub fn with_norms(vectors: Embeddings, sigma: f32) -> Embeddings {
    let mut draw = normal(31);
    let mut vectors = vectors.into_matrix();
    for mut row in vectors.rows_mut() {
        let norm = (sigma * draw()).exp();
        row.mapv_inplace(|x| x * norm);
    }
    Embeddings::new(vectors).expect("finite numbers")
}

fn random(n: usize, dim: usize, seed: u64) -> Embeddings {
    let vectors = Array2::from_shape_simple_fn((n, dim), normal(100 + seed));
    Embeddings::new(vectors).expect("finite numbers").normalized()
}

fn near_duplicates(n: usize, dim: usize) -> Embeddings {
    let originals = low_intrinsic(n.div_ceil(COPIES), dim, 1);
    let mut draw = normal(32);
    let noise = MOVED / (dim as f32).sqrt();
    let rows = (0..n).flat_map(|row| originals.row(row / COPIES)).map(|x| x + noise * draw());
    Embeddings::from_vec(rows.collect(), dim).expect("finite numbers").normalized()
}

fn clusters(n: usize, dim: usize, seed: u64) -> Embeddings {
    let mut draw = normal(33);
    let centres = Array2::from_shape_simple_fn((CLUSTERS, dim), &mut draw);
    let maps =
        Vec::from_iter((0..CLUSTERS).map(|_| Array2::from_shape_simple_fn((CLUSTER_LATENT, dim), &mut draw)));
    let mut draw = normal(200 + seed);
    let mut vectors = Array2::zeros((n, dim));
    for (index, mut row) in vectors.rows_mut().into_iter().enumerate() {
        // Sizes fall from the first cluster to the last; radii are between 0.02 and 1, in no order.
        let cluster = (CLUSTERS as f32 * ((index as f32 + 0.5) / n as f32).powi(2)) as usize;
        let radius = 0.02 * 50_f32.powf((cluster as f32 * 0.618).fract()) / (CLUSTER_LATENT as f32).sqrt();
        let latent = ndarray::Array1::from_shape_simple_fn(CLUSTER_LATENT, &mut draw);
        row.assign(&centres.row(cluster));
        row.scaled_add(radius, &latent.dot(&maps[cluster]));
    }
    Embeddings::new(vectors).expect("finite numbers").normalized()
}

fn mapped(queries: &Embeddings) -> Embeddings {
    let dim = queries.dim();
    let map = Array2::from_shape_simple_fn((dim, dim), normal(34)) / (dim as f32).sqrt();
    let vectors = (queries.view().dot(&map) + queries.view()) / 2.0;
    Embeddings::new(vectors).expect("finite numbers").normalized()
}
