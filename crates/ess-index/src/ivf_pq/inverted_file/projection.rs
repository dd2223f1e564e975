//! The directions in which items differ most.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::{gaussian::gaussian, kernels::float::products::Products};

/// Steps of subspace iteration. The subspace needs not be found exactly: refining corrects what it leaves out.
const ITERATIONS: usize = 12;

/// Vectors of which the second moment is taken: more change little.
const MAX_VECTORS: usize = 16_384;

/// Vectors that are projected together.
const TOGETHER: usize = 1024;

/// A map onto fewer dimensions that keeps as much as possible of items' inner products: onto the leading
/// principal directions (about zero), in a random basis of their span, so that no direction has more to say than another.
#[derive(Clone, Debug)]
pub(crate) struct Projection {
    rows: Products,
    numbers: Vec<f32>,
}

impl Projection {
    /// Finds `kept` directions of row-major vectors (`n × dim`, at least one). Directions beyond `dim` are zero.
    pub(crate) fn train(vectors: &[f32], dim: usize, kept: usize, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let directions = kept.min(dim);
        let mut basis = gaussian(&mut random, directions * dim);
        let rotation = orthonormal(gaussian(&mut random, directions * directions), directions);
        if directions < dim {
            let moment = second_moment(vectors, dim);
            for _ in 0..ITERATIONS {
                basis = orthonormal(basis, dim);
                moment.with(&basis.clone(), &mut basis);
            }
        }
        basis = orthonormal(basis, dim);
        let mut numbers = Vec::new();
        Products::new(transposed(&basis, dim), directions).with(&rotation, &mut numbers);
        numbers.resize(kept * dim, 0.0);
        Self::from_numbers(numbers, dim)
    }

    /// From the matrix that [`Projection::numbers`] gave, `kept × dim`.
    pub(crate) fn from_numbers(numbers: Vec<f32>, dim: usize) -> Self {
        Self { rows: Products::new(numbers.clone(), dim), numbers }
    }

    /// The directions, row after row.
    pub(crate) fn numbers(&self) -> &[f32] {
        &self.numbers
    }

    /// The dimension of what is projected.
    pub(crate) fn dim(&self) -> usize {
        self.rows.dim()
    }

    /// The dimensions that are kept.
    pub(crate) fn kept(&self) -> usize {
        self.rows.len()
    }

    /// Projects row-major vectors (`n × dim`): `n × kept`.
    pub(crate) fn project(&self, vectors: &[f32], projected: &mut Vec<f32>) {
        self.rows.with(vectors, projected);
    }

    /// As [`Projection::project`], in rayon's threads.
    pub(crate) fn project_all(&self, vectors: &[f32]) -> Vec<f32> {
        let mut projected = vec![0.0; vectors.len() / self.dim() * self.kept()];
        let chunks = projected.par_chunks_mut(TOGETHER * self.kept());
        chunks.zip(vectors.par_chunks(TOGETHER * self.dim())).for_each_init(
            Vec::new,
            |scratch, (chunk, vectors)| {
                self.project(vectors, scratch);
                chunk.copy_from_slice(scratch);
            },
        );
        projected
    }
}

/// The mean of `x xᵀ`, up to a factor, of the first vectors.
fn second_moment(vectors: &[f32], dim: usize) -> Products {
    let vectors = &vectors[..vectors.len().min(MAX_VECTORS * dim)];
    let columns = transposed(vectors, dim);
    let n = vectors.len() / dim;
    let factors = Products::new(columns.clone(), n);
    let rows: Vec<Vec<f32>> = columns
        .par_chunks(16 * n)
        .map(|columns| {
            let mut products = Vec::new();
            factors.with(columns, &mut products);
            products
        })
        .collect();
    Products::new(rows.concat(), dim)
}

fn transposed(rows: &[f32], dim: usize) -> Vec<f32> {
    let n = rows.len() / dim;
    (0..dim).into_par_iter().flat_map_iter(|column| (0..n).map(move |row| rows[row * dim + column])).collect()
}

/// Makes row-major rows orthonormal (modified Gram–Schmidt, twice); a row that depends on those before it becomes zero.
fn orthonormal(mut rows: Vec<f32>, dim: usize) -> Vec<f32> {
    for row in 0..rows.len() / dim {
        let (before, rest) = rows.split_at_mut(row * dim);
        let row = &mut rest[..dim];
        normalise(row);
        for _ in 0..2 {
            for before in before.chunks_exact(dim) {
                let product = dot(before, row);
                row.iter_mut().zip(before).for_each(|(x, y)| *x -= product * y);
            }
        }
        normalise(row);
    }
    rows
}

fn normalise(row: &mut [f32]) {
    let norm = dot(row, row).sqrt();
    // What is left of a dependent row is rounding.
    if norm > 1e-5 {
        row.iter_mut().for_each(|x| *x /= norm);
    } else {
        row.fill(0.0);
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; 16];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, x), y) in sums.iter_mut().zip(a).zip(b) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors in the span of three directions and a little beside it.
    fn flat(n: usize, dim: usize) -> Vec<f32> {
        let number = |i: usize, j: usize| {
            let wave = |k: usize| ((i * k + 1) as f32).sin() * ((j * k + k) as f32 * 0.7).cos();
            wave(1) + wave(2) + wave(3) + 0.001 * ((i * j) as f32).sin()
        };
        (0..n * dim).map(|at| number(at / dim, at % dim)).collect()
    }

    #[test]
    fn inner_products_are_kept_where_there_are_few_directions() {
        let vectors = flat(200, 40);
        let projection = Projection::train(&vectors, 40, 6, 1);
        let projected = projection.project_all(&vectors);
        for (a, p) in vectors.chunks(40).zip(projected.chunks(6)) {
            for (b, q) in vectors.chunks(40).zip(projected.chunks(6)) {
                assert!((dot(a, b) - dot(p, q)).abs() < 0.05, "{} and {}", dot(a, b), dot(p, q));
            }
        }
    }

    #[test]
    fn all_directions_keep_everything_and_more_are_zero() {
        let vectors = flat(50, 7);
        let projection = Projection::train(&vectors, 7, 16, 1);
        assert_eq!((projection.dim(), projection.kept()), (7, 16));
        for (a, p) in vectors.chunks(7).zip(projection.project_all(&vectors).chunks(16)) {
            assert!((dot(a, a) - dot(p, p)).abs() < 1e-4 * dot(a, a));
            assert!(p[7..].iter().all(|x| *x == 0.0));
        }
    }

    #[test]
    fn vectors_without_any_direction_do_no_harm() {
        let projection = Projection::train(&[0.0; 30], 10, 4, 1);
        assert!(projection.numbers().iter().all(|x| x.is_finite()));
    }
}
