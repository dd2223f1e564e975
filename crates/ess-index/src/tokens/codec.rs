//! A token's vector as the nearest centroid and a few bits for each component of what is left (ColBERTv2, PLAID).

use crate::kmeans::KMeans;

/// Byte values.
const BYTES: usize = 256;

/// Centroids of unit norm, and the buckets that components of residuals fall into.
#[derive(Clone, Debug)]
pub(super) struct Codec {
    dim: usize,
    bits: usize,
    centroids: KMeans,
    // 2^bits - 1, rising.
    cutoffs: Vec<f32>,
    // 2^bits: what a bucket stands for.
    weights: Vec<f32>,
    // For each byte the weights of its components: 256 × (8 / bits).
    table: Vec<f32>,
}

impl Codec {
    /// Learns from vectors of unit norm (`n × dim`, at least one).
    pub(super) fn train(
        vectors: &[f32],
        dim: usize,
        bits: usize,
        centroids: usize,
        iterations: usize,
        seed: u64,
        step: impl Fn(),
    ) -> Self {
        let found = KMeans::train(vectors, dim, centroids, iterations, seed, step);
        let mut rows = Vec::with_capacity(found.rows().len());
        super::unit::extend_with_units(&mut rows, found.rows(), dim);
        let centroids = KMeans::from_rows(rows, dim);
        let assigned = centroids.assign(vectors);
        let mut residuals: Vec<f32> = vectors
            .chunks_exact(dim)
            .zip(assigned)
            .flat_map(|(vector, code)| vector.iter().zip(centroids.row(code as usize)).map(|(x, c)| x - c))
            .collect();
        residuals.sort_unstable_by(f32::total_cmp);
        let (cutoffs, weights) = buckets(&residuals, 1 << bits);
        Self::new(dim, bits, centroids, cutoffs, weights)
    }

    /// With `2^bits - 1` cutoffs and `2^bits` weights, which are known.
    pub(super) fn new(
        dim: usize,
        bits: usize,
        centroids: KMeans,
        cutoffs: Vec<f32>,
        weights: Vec<f32>,
    ) -> Self {
        let mask = (1 << bits) - 1;
        let of_byte = |byte: usize| (0..8 / bits).map(move |at| byte >> (at * bits) & mask);
        let table = (0..BYTES).flat_map(of_byte).map(|bucket| weights[bucket]).collect();
        Self { dim, bits, centroids, cutoffs, weights, table }
    }

    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    pub(super) fn bits(&self) -> usize {
        self.bits
    }

    pub(super) fn centroids(&self) -> &KMeans {
        &self.centroids
    }

    pub(super) fn cutoffs(&self) -> &[f32] {
        &self.cutoffs
    }

    pub(super) fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Bytes of a token's residual.
    pub(super) fn bytes(&self) -> usize {
        bytes_of(self.dim, self.bits)
    }

    /// Appends the centroids and the residuals of vectors of unit norm (`n × dim`).
    pub(super) fn encode(&self, vectors: &[f32], codes: &mut Vec<u32>, residuals: &mut Vec<u8>) {
        let assigned = self.centroids.assign(vectors);
        let together = 8 / self.bits;
        for (vector, &code) in vectors.chunks_exact(self.dim).zip(&assigned) {
            let centroid = self.centroids.row(code as usize);
            for (vector, centroid) in vector.chunks(together).zip(centroid.chunks(together)) {
                let components = vector.iter().zip(centroid).enumerate();
                residuals.push(components.fold(0, |byte, (at, (x, c))| {
                    let bucket = self.cutoffs.partition_point(|cutoff| *cutoff < x - c);
                    byte | (bucket as u8) << (at * self.bits)
                }));
            }
        }
        codes.extend(assigned);
    }

    /// Writes a token's vector, and returns its norm. A centroid that does not exist is the last.
    pub(super) fn decode(&self, code: u32, residual: &[u8], vector: &mut [f32]) -> f32 {
        let centroid = self.centroids.row((code as usize).min(self.centroids.len() - 1));
        match self.bits {
            1 => add_weights::<8>(&self.table, centroid, residual, vector),
            2 => add_weights::<4>(&self.table, centroid, residual, vector),
            _ => add_weights::<2>(&self.table, centroid, residual, vector),
        }
        norm(vector)
    }
}

/// Writes the sums of a centroid's components and what a residual's bytes, of `N` components each, stand for.
fn add_weights<const N: usize>(table: &[f32], centroid: &[f32], residual: &[u8], vector: &mut [f32]) {
    let (table, _) = table.as_chunks::<N>();
    let (slots, last_slots) = vector.as_chunks_mut::<N>();
    let (components, last_components) = centroid.as_chunks::<N>();
    for ((slots, components), &byte) in slots.iter_mut().zip(components).zip(residual) {
        let weights = &table[usize::from(byte)];
        *slots = std::array::from_fn(|i| components[i] + weights[i]);
    }
    // Where the dimension is no multiple of what a byte has.
    if let (false, Some(&byte)) = (last_slots.is_empty(), residual.last()) {
        let sums = last_components.iter().zip(&table[usize::from(byte)]).map(|(c, weight)| c + weight);
        last_slots.iter_mut().zip(sums).for_each(|(slot, sum)| *slot = sum);
    }
}

/// The norm of a vector, by 16 partial sums, which compilers keep in vector registers.
fn norm(vector: &[f32]) -> f32 {
    let (chunks, rest) = vector.as_chunks::<16>();
    let mut sums = [0.0_f32; 16];
    for chunk in chunks {
        sums.iter_mut().zip(chunk).for_each(|(sum, x)| *sum += x * x);
    }
    sums.iter_mut().zip(rest).for_each(|(sum, x)| *sum += x * x);
    sums.iter().sum::<f32>().sqrt()
}

/// Cutoffs between buckets and what each stands for, of values in order: quantiles, as in PLAID, moved to the least squared error
/// (Lloyd, 1982; Max, 1960).
fn buckets(sorted: &[f32], count: usize) -> (Vec<f32>, Vec<f32>) {
    let quantile = |at: f64| sorted[((sorted.len() - 1) as f64 * at) as usize];
    let mut cutoffs: Vec<f32> = (1..count).map(|bucket| quantile(bucket as f64 / count as f64)).collect();
    let mut weights: Vec<f32> =
        (0..count).map(|bucket| quantile((bucket as f64 + 0.5) / count as f64)).collect();
    let mut sums = vec![0.0_f64];
    sums.extend(sorted.iter().scan(0.0, |sum, &x| {
        *sum += f64::from(x);
        Some(*sum)
    }));
    for _ in 0..MOVES {
        let mut start = 0;
        for (bucket, weight) in weights.iter_mut().enumerate() {
            let after = |cutoff: &f32| sorted.partition_point(|x| x <= cutoff);
            let end = cutoffs.get(bucket).map_or(sorted.len(), after).max(start);
            if end > start {
                *weight = ((sums[end] - sums[start]) / (end - start) as f64) as f32;
            }
            start = end;
        }
        cutoffs
            .iter_mut()
            .zip(weights.windows(2))
            .for_each(|(cutoff, pair)| *cutoff = (pair[0] + pair[1]) / 2.0);
    }
    (cutoffs, weights)
}

// After this many, the error of 16 buckets falls by less than a thousandth a move.
const MOVES: usize = 30;

/// Bytes of a residual of `dim` components.
pub(super) fn bytes_of(dim: usize, bits: usize) -> usize {
    dim.div_ceil(8 / bits)
}
