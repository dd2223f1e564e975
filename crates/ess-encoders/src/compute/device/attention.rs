//! What attention is made of: texts side by side, and what scores gain and lose with positions.

use burn::tensor::{Bool, Int, Tensor, TensorData};

use super::definition::{DeviceCompute, Matrix};
use crate::{
    compute::relative_position::relative_bucket,
    transformer::{
        alibi::slopes, attention_shape::AttentionShape, disentangled::Disentangled, token_batch::TokenBatch,
    },
};

impl DeviceCompute {
    /// Texts side by side, `n × longest`: for each position its token, or token 0 where the text has ended; and which positions
    /// are not attended to.
    pub(super) fn padded(
        &self,
        batch: &TokenBatch,
    ) -> (Tensor<1, Int>, Tensor<1, Int>, Option<Tensor<2, Bool>>) {
        let longest = batch.longest();
        let mut tokens = Vec::with_capacity(batch.texts() * longest);
        let mut positions = Vec::with_capacity(batch.tokens());
        let mut ended = Vec::with_capacity(batch.texts() * longest);
        for (range, attended) in batch.attended_ranges() {
            let (first, length) = (tokens.len(), range.len());
            tokens.extend(range.map(|token| token as i64));
            tokens.resize(first + longest, 0);
            positions.extend((first..first + length).map(|position| position as i64));
            ended.extend((0..longest).map(|position| position >= attended));
        }
        let any_ended = ended.contains(&true);
        let ended = TensorData::new(ended, [batch.texts(), longest]);
        let mask = any_ended.then(|| Tensor::from_data(ended, &self.device));
        (self.indices(tokens), self.indices(positions), mask)
    }

    /// What is added to the attention scores of each head: `1 × heads × longest × longest`.
    pub(super) fn relative_scores(&self, table: &Matrix, longest: usize, farthest: usize) -> Tensor<4> {
        let [buckets, heads] = table.dims();
        let pairs = (0..longest).flat_map(|query| (0..longest).map(move |key| key as isize - query as isize));
        let rows = self.indices(pairs.map(|distance| relative_bucket(distance, buckets, farthest) as i64));
        let scores = table.val().select(0, rows).transpose();
        scores.reshape([1, heads, longest, longest])
    }

    /// The scores with what distances add to them; queries and keys are `texts × heads × longest × d_head`.
    pub(super) fn add_disentangled(
        &self,
        mut scores: Tensor<4>,
        positions: &Disentangled<Matrix>,
        queries: Tensor<4>,
        keys: Tensor<4>,
    ) -> Tensor<4> {
        let [_, heads, longest, head_dim] = queries.dims();
        let mut rows = positions.rows.of_length(longest);
        let first = rows.iter().copied().min().unwrap_or(0);
        let width = rows.iter().copied().max().map_or(0, |last| last + 1 - first);
        rows.iter_mut().for_each(|row| *row -= first);
        let compared = |table: &Matrix, with: Tensor<4>, sign: isize| {
            let table = table.val().slice_dim(0, first..first + width).reshape([width, heads, head_dim]);
            let by_row = with.matmul(table.permute([1, 2, 0]).unsqueeze());
            let distance = |from: usize, to: usize| {
                (longest - 1).wrapping_add_signed(sign * (from as isize - to as isize))
            };
            let pairs = (0..longest).flat_map(|from| (0..longest).map(move |to| distance(from, to)));
            let pairs = self.indices(pairs.map(|distance| rows[distance] as i64));
            by_row.gather(3, pairs.reshape([1, 1, longest, longest]).expand(scores.dims()))
        };
        let of_queries = positions.keys.as_ref().map(|table| compared(table, queries, 1));
        let of_keys = positions.queries.as_ref().map(|table| compared(table, keys, -1).swap_dims(2, 3));
        for added in [of_queries, of_keys].into_iter().flatten() {
            scores = scores + added;
        }
        scores
    }

    /// What scores lose with the distance: `1 × heads × longest × longest`.
    pub(super) fn linear_biases(&self, heads: usize, longest: usize) -> Tensor<4> {
        let pairs = || (0..longest).flat_map(|query| (0..longest).map(move |key| query.abs_diff(key) as f32));
        let of_head = |slope: f32| pairs().map(move |distance| -slope * distance);
        let biases: Vec<f32> = slopes(heads).into_iter().flat_map(of_head).collect();
        Tensor::from_data(TensorData::new(biases, [1, heads, longest, longest]), &self.device)
    }

    /// Which keys a query does not see, whatever its text: `longest × longest`.
    pub(super) fn unseen(&self, shape: &AttentionShape, longest: usize) -> Tensor<2, Bool> {
        let row = |query: usize| {
            let seen = shape.seen(query, longest);
            (0..longest).map(move |key| !seen.contains(&key))
        };
        let unseen: Vec<bool> = (0..longest).flat_map(row).collect();
        Tensor::from_data(TensorData::new(unseen, [longest, longest]), &self.device)
    }
}

/// Each of the heads of keys or values (`texts × own × length × head_dim`) as often as it serves one of `heads` of queries.
pub(super) fn repeated(part: Tensor<4>, heads: usize) -> Tensor<4> {
    let [texts, own, length, head_dim] = part.dims();
    if own == heads {
        return part;
    }
    let part = part.reshape([texts, own, 1, length * head_dim]);
    let part = part.expand([texts, own, heads / own, length * head_dim]);
    part.reshape([texts, heads, length, head_dim])
}
