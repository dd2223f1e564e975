//! MEI and MEIM: a relation chooses a matrix for each partition of an encoding.

use ess_linalg::kernels::{Matrix, multiply_add_strided};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::definition::{Batch, Gradients, Group, Point, RelationModel};
use crate::{random::normal, rows::Rows};

/// Groups whose matrices are made together are a quarter of all, to share the work, but so many: a product over the core goes
/// through all of it for each lot.
const GROUPS: std::ops::RangeInclusive<usize> = 8..=64;
/// Rows of a core's gradient that are made together.
const CORE_ROWS: usize = 16;

/// Σₖ hₖ M_{r,k} tₖᵀ with M_{r,k} = Σ_c r_{k,c} W_{k,c}: `K` partitions of `C` components and a core of `C × C × C`
/// (Tran and Takasu, ECAI 2020: one core for all partitions; IJCAI 2022, MEIM: one for each, and matrices kept near orthogonal).
pub(super) struct Mei {
    /// `K`.
    pub(super) partitions: usize,
    /// `C`.
    pub(super) size: usize,
    /// Whether each partition has a core of its own.
    pub(super) independent: bool,
    /// The weight of `Σₖ ‖MᵀM − I‖²`, in the mean over the rows of a batch.
    pub(super) orthogonality: f32,
}

impl Mei {
    fn square(&self) -> usize {
        self.size * self.size
    }

    fn core_len(&self) -> usize {
        self.size * self.square()
    }

    /// The core of a partition, `C × C²`.
    fn core<'a>(&self, shared: &'a [f32], partition: usize) -> Matrix<'a> {
        let at = if self.independent { partition * self.core_len() } else { 0 };
        Matrix::new(&shared[at..at + self.core_len()], self.size, self.square())
    }

    /// The relations of some groups, `groups × (K · C)`.
    fn relations(at: &Point<'_>, groups: &[Group]) -> Vec<f32> {
        groups.iter().flat_map(|group| at.relations.row(group.relation)).copied().collect()
    }

    /// The matrices of some groups, `groups × K × C²`.
    fn matrices(&self, at: &Point<'_>, groups: &[Group]) -> Vec<f32> {
        let (width, square) = (self.partitions * self.size, self.square());
        let relations = Self::relations(at, groups);
        let mut matrices = vec![0.0; groups.len() * self.partitions * square];
        for partition in 0..self.partitions {
            let chosen =
                Matrix::with_stride(&relations[partition * self.size..], groups.len(), self.size, width);
            let out = &mut matrices[partition * square..];
            multiply_add_strided(
                out,
                self.partitions * square,
                0.0,
                chosen,
                self.core(at.shared, partition),
                1.0,
            );
        }
        matrices
    }

    /// Works on the groups in lots of a fixed size, each with its part of `rows` (`n × d`) and of `more` (`groups × more_dim`).
    fn by_lot<'o, T: Send>(
        &self,
        groups: &[Group],
        mut rows: &'o mut [f32],
        mut more: &'o mut [f32],
        more_dim: usize,
        work: impl Fn(&[Group], &mut [f32], &mut [f32]) -> T + Sync,
    ) -> Vec<T> {
        let dim = self.entity_dim();
        let mut lots = Vec::new();
        for groups in groups.chunks((groups.len() / 4).clamp(*GROUPS.start(), *GROUPS.end())) {
            let count: usize = groups.iter().map(|group| group.rows.len()).sum();
            let (mine, rest) = rows.split_at_mut(count * dim);
            let (mine_too, rest_too) = more.split_at_mut(groups.len() * more_dim);
            (rows, more) = (rest, rest_too);
            lots.push((groups, mine, mine_too));
        }
        lots.into_par_iter().map(|(groups, rows, more)| work(groups, rows, more)).collect()
    }

    /// Adds the gradient of the penalty of one matrix, times `weight`; returns the penalty.
    fn penalty(&self, matrix: &[f32], weight: f32, gradient: &mut [f32]) -> f64 {
        let n = self.size;
        let matrix = Matrix::new(matrix, n, n);
        let mut excess = vec![0.0; n * n];
        (0..n).for_each(|i| excess[i * n + i] = -1.0);
        multiply_add_strided(&mut excess, n, 1.0, matrix.transposed(), matrix, 1.0);
        let mut product = vec![0.0; n * n];
        multiply_add_strided(&mut product, n, 0.0, matrix, Matrix::new(&excess, n, n), 1.0);
        gradient.iter_mut().zip(&product).for_each(|(gradient, x)| *gradient += 4.0 * weight * x);
        f64::from(weight) * excess.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>()
    }

    /// The gradients with respect to the matrices of some groups (`groups × K × C²`), and the penalty. Adds those with respect to
    /// the heads.
    fn matrix_gradients(
        &self,
        batch: &Batch<'_>,
        groups: &[Group],
        matrices: &[f32],
        gradient: &[f32],
        of_heads: &mut [f32],
    ) -> (Vec<f32>, f64) {
        let (dim, n, square) = (self.entity_dim(), self.size, self.square());
        let mut of_matrices = vec![0.0; matrices.len()];
        let first = groups.first().map_or(0, |group| group.rows.start);
        let mut penalty = 0.0;
        for (at, group) in groups.iter().enumerate() {
            let rows = group.rows.len();
            let heads = batch.heads(group.rows.clone());
            let gradient = &gradient[group.rows.start * dim..group.rows.end * dim];
            let of_heads = &mut of_heads[(group.rows.start - first) * dim..][..rows * dim];
            let weight = self.orthogonality * rows as f32 / batch.rows() as f32;
            for k in 0..self.partitions {
                let start = (at * self.partitions + k) * square;
                let matrix = &matrices[start..start + square];
                let of_matrix = &mut of_matrices[start..start + square];
                let part = |values| Matrix::with_stride(values, rows, n, dim);
                let gradient = part(&gradient[k * n..]);
                multiply_add_strided(of_matrix, n, 0.0, part(&heads[k * n..]).transposed(), gradient, 1.0);
                let back = Matrix::new(matrix, n, n).transposed();
                multiply_add_strided(&mut of_heads[k * n..], dim, 1.0, gradient, back, 1.0);
                if weight > 0.0 {
                    penalty += self.penalty(matrix, weight, of_matrix);
                }
            }
        }
        (of_matrices, penalty)
    }

    /// Adds the gradient with respect to the core: `Wₖ += Rₖᵀ Mₖ`, for all groups of a batch.
    fn core_gradient(&self, relations: &[f32], of_matrices: &[f32], groups: usize, out: &mut [f32]) {
        let (width, square) = (self.partitions * self.size, self.square());
        let lots_of_core = self.size.div_ceil(CORE_ROWS);
        let cores: Vec<(usize, &mut [f32])> = out
            .chunks_mut(self.core_len())
            .flat_map(|core| core.chunks_mut(CORE_ROWS * square))
            .enumerate()
            .collect();
        cores.into_par_iter().for_each(|(at, out)| {
            let (core, from) = (at / lots_of_core, at % lots_of_core * CORE_ROWS);
            let partitions = if self.independent { core..core + 1 } else { 0..self.partitions };
            for k in partitions {
                let rows = out.len() / square;
                let relations = Matrix::with_stride(&relations[k * self.size + from..], groups, rows, width);
                let stride = self.partitions * square;
                let of_matrices = Matrix::with_stride(&of_matrices[k * square..], groups, square, stride);
                multiply_add_strided(out, square, 1.0, relations.transposed(), of_matrices, 1.0);
            }
        });
    }
}

impl RelationModel for Mei {
    fn entity_dim(&self) -> usize {
        self.partitions * self.size
    }

    fn relation_dim(&self) -> usize {
        self.partitions * self.size
    }

    fn shared_len(&self) -> usize {
        self.core_len() * if self.independent { self.partitions } else { 1 }
    }

    fn start(&self, relations: &mut Rows, shared: &mut [f32], random: &mut ChaCha8Rng) {
        // Of the matrices' C² entries each has a variance of 1 / C: lengths are kept on average.
        let deviation = (self.size as f32).sqrt().recip();
        normal(relations.as_mut_slice(), deviation, random);
        normal(shared, deviation, random);
    }

    fn map(&self, at: &Point<'_>, batch: &Batch<'_>, queries: &mut [f32]) {
        let (dim, n, square) = (self.entity_dim(), self.size, self.square());
        self.by_lot(batch.groups(), queries, &mut [], 0, |groups, queries, _| {
            let matrices = self.matrices(at, groups);
            let first = groups.first().map_or(0, |group| group.rows.start);
            for (group, matrices) in groups.iter().zip(matrices.chunks_exact(self.partitions * square)) {
                let heads = batch.heads(group.rows.clone());
                let queries = &mut queries[(group.rows.start - first) * dim..];
                for (k, matrix) in matrices.chunks_exact(square).enumerate() {
                    let heads = Matrix::with_stride(&heads[k * n..], group.rows.len(), n, dim);
                    multiply_add_strided(
                        &mut queries[k * n..],
                        dim,
                        0.0,
                        heads,
                        Matrix::new(matrix, n, n),
                        1.0,
                    );
                }
            }
        });
    }

    fn map_gradient(
        &self,
        at: &Point<'_>,
        batch: &Batch<'_>,
        gradient: &[f32],
        out: &mut Gradients<'_>,
    ) -> f64 {
        let (dim, n, square) = (self.entity_dim(), self.size, self.square());
        let groups = batch.groups();
        let found = self.by_lot(groups, out.heads, out.relations, dim, |groups, of_heads, of_relations| {
            let matrices = self.matrices(at, groups);
            let (found, penalty) = self.matrix_gradients(batch, groups, &matrices, gradient, of_heads);
            for k in 0..self.partitions {
                let stride = self.partitions * square;
                let found = Matrix::with_stride(&found[k * square..], groups.len(), square, stride);
                let core = self.core(at.shared, k).transposed();
                multiply_add_strided(&mut of_relations[k * n..], dim, 1.0, found, core, 1.0);
            }
            (found, penalty)
        });
        let penalty = found.iter().map(|(_, penalty)| penalty).sum();
        let of_matrices = found.into_iter().map(|(found, _)| found).collect::<Vec<_>>().concat();
        self.core_gradient(&Self::relations(at, groups), &of_matrices, groups.len(), out.shared);
        penalty
    }
}
