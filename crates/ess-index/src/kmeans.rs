//! k-means (Lloyd, 1982) for the centres of inverted lists and of tokens.

use rand::{SeedableRng, seq::index::sample};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::kernels::float::products::Products;

/// Vectors that are assigned together: a fixed number, so that sums do not depend on the number of threads.
const TOGETHER: usize = 1024;

/// Centres, and for each vector the nearest of them.
#[derive(Clone, Debug)]
pub(crate) struct KMeans {
    centres: Products,
    rows: Vec<f32>,
    half_squares: Vec<f32>,
}

impl KMeans {
    /// Finds at most `count` centres of row-major vectors (`n × dim`, at least one) and calls `step` after each
    /// iteration.
    pub(crate) fn train(
        vectors: &[f32],
        dim: usize,
        count: usize,
        iterations: usize,
        seed: u64,
        step: impl Fn(),
    ) -> Self {
        let n = vectors.len() / dim;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let first = sample(&mut random, n, count.min(n));
        let rows =
            first.into_iter().flat_map(|row| vectors[row * dim..(row + 1) * dim].iter().copied()).collect();
        let mut found = Self::from_rows(rows, dim);
        for _ in 0..iterations {
            found = found.moved_to_means(vectors);
            step();
        }
        found
    }

    /// With centres that are known (`count × dim`).
    pub(crate) fn from_rows(rows: Vec<f32>, dim: usize) -> Self {
        let half_squares =
            rows.chunks_exact(dim).map(|row| row.iter().map(|x| x * x).sum::<f32>() / 2.0).collect();
        Self { centres: Products::new(rows.clone(), dim), rows, half_squares }
    }

    /// The number of centres.
    pub(crate) fn len(&self) -> usize {
        self.half_squares.len()
    }

    /// All centres, row after row.
    pub(crate) fn rows(&self) -> &[f32] {
        &self.rows
    }

    /// One centre.
    pub(crate) fn row(&self, centre: usize) -> &[f32] {
        let dim = self.centres.dim();
        &self.rows[centre * dim..(centre + 1) * dim]
    }

    /// The inner products of row-major vectors with the centres: `n × len`.
    pub(crate) fn inner_products(&self, vectors: &[f32], products: &mut Vec<f32>) {
        self.centres.with(vectors, products);
    }

    /// The nearest centre to each of row-major vectors, the first of several.
    pub(crate) fn assign(&self, vectors: &[f32]) -> Vec<u32> {
        let chunks = vectors.par_chunks(TOGETHER * self.centres.dim());
        chunks.flat_map_iter(|chunk| self.assign_together(chunk)).collect()
    }

    fn assign_together(&self, vectors: &[f32]) -> Vec<u32> {
        let mut products = Vec::new();
        self.inner_products(vectors, &mut products);
        products.chunks_exact(self.len()).map(|products| self.nearest(products)).collect()
    }

    // |x - c|² is |x|² - 2 (⟨x, c⟩ - |c|² / 2).
    fn nearest(&self, products: &[f32]) -> u32 {
        let mut best = (f32::NEG_INFINITY, 0);
        for (chunk, (products, half_squares)) in
            products.chunks(LANES).zip(self.half_squares.chunks(LANES)).enumerate()
        {
            let most =
                products.iter().zip(half_squares).fold(f32::NEG_INFINITY, |most, (p, h)| most.max(p - h));
            if most > best.0 {
                best = (most, chunk);
            }
        }
        let first = best.1 * LANES;
        let within =
            products[first..].iter().zip(&self.half_squares[first..]).position(|(p, h)| p - h >= best.0);
        (first + within.unwrap_or(0)) as u32
    }

    /// Each centre at the mean of the vectors nearest to it; one that has none goes to the vector of a large cluster.
    fn moved_to_means(&self, vectors: &[f32]) -> Self {
        let dim = self.centres.dim();
        let assigned = self.assign(vectors);
        let mut sums = vec![0.0_f32; self.rows.len()];
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); self.len()];
        for (vector, &centre) in assigned.iter().enumerate() {
            members[centre as usize].push(vector as u32);
        }
        sums.par_chunks_exact_mut(dim).zip(&members).for_each(|(sum, members)| {
            for &vector in members {
                let vector = &vectors[vector as usize * dim..][..dim];
                sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
            }
            sum.iter_mut().for_each(|sum| *sum /= members.len().max(1) as f32);
        });
        fill_empty(&mut sums, &members, vectors, dim);
        Self::from_rows(sums, dim)
    }
}

/// Gives centres without members the last vectors of the largest clusters.
fn fill_empty(centres: &mut [f32], members: &[Vec<u32>], vectors: &[f32], dim: usize) {
    let mut largest: Vec<usize> = (0..members.len()).filter(|&centre| members[centre].len() > 1).collect();
    largest.sort_by_key(|&centre| (std::cmp::Reverse(members[centre].len()), centre));
    let empty = (0..members.len()).filter(|&centre| members[centre].is_empty());
    for (empty, &large) in empty.zip(&largest) {
        let vector = members[large].last().map_or(0, |&vector| vector as usize);
        centres[empty * dim..(empty + 1) * dim].copy_from_slice(&vectors[vector * dim..(vector + 1) * dim]);
    }
}

/// Distances that are compared in one pass without branches.
const LANES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters(n: usize, count: usize) -> Vec<f32> {
        (0..n).flat_map(|i| [(i % count) as f32 * 10.0 + (i as f32).sin(), (i as f32).cos(), 1.0]).collect()
    }

    #[test]
    fn each_vector_has_its_nearest_centre() {
        let vectors = clusters(3000, 90);
        let found = KMeans::train(&vectors, 3, 90, 3, 1, || {});
        let distance = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum() };
        for (vector, centre) in vectors.chunks(3).zip(found.assign(&vectors)) {
            let nearest = (0..found.len()).map(|c| distance(vector, found.row(c))).fold(f32::MAX, f32::min);
            // Distances come from differences of squares up to 900².
            assert!(distance(vector, found.row(centre as usize)) <= nearest + 0.5);
        }
    }

    #[test]
    fn any_number_of_threads_finds_the_same_centres() {
        let vectors = clusters(5000, 7);
        let train = || KMeans::train(&vectors, 3, 20, 4, 9, || {}).rows;
        let expected = train();
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(train), expected);
        }
    }

    #[test]
    fn a_centre_without_vectors_moves_to_one() {
        // Two of three centres start at the same point.
        let vectors = [0.0_f32, 0.0, 5.0, 6.0, 7.0];
        let found = KMeans::from_rows(vec![0.0, 0.0, 6.0], 1).moved_to_means(&vectors);
        assert_eq!(found.rows(), [0.0, 7.0, 6.0]);
    }
}
