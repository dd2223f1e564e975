//! A transformer computed by Burn, on any of its devices, and differentiable.

use std::ops::Range;

use burn::{
    module::Param,
    tensor::{Bool, Device, Int, Tensor, TensorData, activation},
};

use super::relative_position::relative_bucket;
use crate::{
    error::Error,
    model::activation::Activation,
    transformer::{
        alibi::slopes,
        attention_shape::{AttentionShape, Rotary},
        definition::{Block, Linear, Norm, NormKind, Tables},
        disentangled::{Disentangled, Relative},
        host_tokens::HostTokens,
        operations::Compute,
        token_batch::TokenBatch,
    },
};

/// Computes with Burn tensors on one device.
#[derive(Clone, Debug)]
pub(crate) struct DeviceCompute {
    device: Device,
}

type Matrix = Param<Tensor<2>>;
type Vector = Param<Tensor<1>>;

impl DeviceCompute {
    pub(crate) fn new(device: Device) -> Self {
        Self { device }
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    fn indices(&self, indices: impl IntoIterator<Item = i64>) -> Tensor<1, Int> {
        let indices: Vec<_> = indices.into_iter().collect();
        let length = indices.len();
        Tensor::from_data(TensorData::new(indices, [length]), &self.device)
    }

    /// Texts side by side, `n × longest`: for each position its token, or token 0 where the text has ended; and which positions
    /// are not attended to.
    fn padded(&self, batch: &TokenBatch) -> (Tensor<1, Int>, Tensor<1, Int>, Option<Tensor<2, Bool>>) {
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
    fn relative_scores(&self, table: &Matrix, longest: usize, farthest: usize) -> Tensor<4> {
        let [buckets, heads] = table.dims();
        let pairs = (0..longest).flat_map(|query| (0..longest).map(move |key| key as isize - query as isize));
        let rows = self.indices(pairs.map(|distance| relative_bucket(distance, buckets, farthest) as i64));
        let scores = table.val().select(0, rows).transpose();
        scores.reshape([1, heads, longest, longest])
    }

    /// The scores with what distances add to them; queries and keys are `texts × heads × longest × d_head`.
    fn add_disentangled(
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
    fn linear_biases(&self, heads: usize, longest: usize) -> Tensor<4> {
        let pairs = || (0..longest).flat_map(|query| (0..longest).map(move |key| query.abs_diff(key) as f32));
        let of_head = |slope: f32| pairs().map(move |distance| -slope * distance);
        let biases: Vec<f32> = slopes(heads).into_iter().flat_map(of_head).collect();
        Tensor::from_data(TensorData::new(biases, [1, heads, longest, longest]), &self.device)
    }

    /// Which keys a query does not see, whatever its text: `longest × longest`.
    fn unseen(&self, shape: &AttentionShape, longest: usize) -> Tensor<2, Bool> {
        let row = |query: usize| {
            let seen = shape.seen(query, longest);
            (0..longest).map(move |key| !seen.contains(&key))
        };
        let unseen: Vec<bool> = (0..longest).flat_map(row).collect();
        Tensor::from_data(TensorData::new(unseen, [longest, longest]), &self.device)
    }

    /// One row of `half` values for each token, by its position in its text.
    fn by_position(&self, values: Vec<f32>, half: usize, batch: &TokenBatch) -> Tensor<2> {
        let positions = self.indices(batch.ranges().flat_map(|range| 0..range.len() as i64));
        let rows = values.len() / half.max(1);
        Tensor::<2>::from_data(TensorData::new(values, [rows, half]), &self.device).select(0, positions)
    }
}

impl Compute for DeviceCompute {
    type Matrix = Matrix;
    type Weight = Matrix;
    type Vector = Vector;
    type Tokens = Tensor<2>;

    fn matrix(&self, values: Vec<f32>, shape: [usize; 2]) -> Matrix {
        Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), &self.device))
    }

    fn weight(&self, values: Vec<f32>, shape: [usize; 2]) -> Matrix {
        self.matrix(values, shape)
    }

    fn vector(&self, values: Vec<f32>) -> Vector {
        let length = values.len();
        Param::from_tensor(Tensor::from_data(TensorData::new(values, [length]), &self.device))
    }

    fn embed(&self, tables: &Tables<Matrix, Matrix, Vector>, batch: &TokenBatch) -> Tensor<2> {
        let numbers = |rows: &[u32]| self.indices(rows.iter().map(|&row| i64::from(row)));
        let mut tokens = tables.words.val().select(0, numbers(&batch.ids));
        if let Some(positions) = &tables.positions {
            tokens = tokens + positions.val().select(0, numbers(&batch.positions(tables.padding)));
        }
        if let Some(types) = &tables.types {
            tokens = tokens + types.val().select(0, numbers(&batch.types));
        }
        tokens
    }

    fn normalize(&self, tokens: Tensor<2>, norm: &Norm<Vector>) -> Tensor<2> {
        let mean_square = |x: &Tensor<2>| (x.clone() * x.clone()).mean_dim(1);
        match norm.kind {
            NormKind::Layer => {
                let centred = tokens.clone() - tokens.mean_dim(1);
                let scaled = centred.clone() / (mean_square(&centred) + norm.epsilon).sqrt();
                scaled * norm.weight.val().unsqueeze() + norm.bias.val().unsqueeze()
            }
            NormKind::RootMeanSquare => {
                let scaled = tokens.clone() / (mean_square(&tokens) + norm.epsilon).sqrt();
                scaled * norm.weight.val().unsqueeze()
            }
        }
    }

    fn normalize_heads(
        &self,
        tokens: Tensor<2>,
        columns: Range<usize>,
        head_dim: usize,
        norm: &Norm<Vector>,
    ) -> Tensor<2> {
        let [rows, _] = tokens.dims();
        let heads = tokens.clone().slice_dim(1, columns.clone());
        let heads = heads.reshape([rows * columns.len() / head_dim, head_dim]);
        let heads = self.normalize(heads, norm).reshape([rows, columns.len()]);
        tokens.slice_assign([0..rows, columns], heads)
    }

    fn rotate(&self, tokens: Tensor<2>, batch: &TokenBatch, heads: usize, rotary: &Rotary) -> Tensor<2> {
        let [rows, _] = tokens.dims();
        let half = rotary.frequencies.len();
        let turns = rotary.turns(batch.longest());
        let [cosines, sines] = turns.map(|values| {
            self.by_position(values, half, batch).reshape([rows, 1, half]).expand([rows, heads, half])
        });
        let columns = 0..heads * 2 * half;
        let all = tokens.clone().slice_dim(1, columns.clone()).reshape([rows, heads, 2 * half]);
        let (a, b) = (all.clone().slice_dim(2, 0..half), all.slice_dim(2, half..2 * half));
        let first = a.clone() * cosines.clone() - b.clone() * sines.clone();
        let turned: Tensor<3> = Tensor::cat(vec![first, b * cosines + a * sines], 2);
        tokens.slice_assign([0..rows, columns], turned.reshape([rows, heads * 2 * half]))
    }

    fn project(&self, tokens: &Tensor<2>, linear: &Linear<Matrix, Vector>) -> Tensor<2> {
        tokens.clone().matmul(linear.weight.val().transpose()) + linear.bias.val().unsqueeze()
    }

    fn attend(
        &self,
        qkv: Tensor<2>,
        batch: &TokenBatch,
        shape: &AttentionShape,
        relative: Option<Relative<'_, Matrix>>,
    ) -> Tensor<2> {
        let AttentionShape { heads, kv_heads, head_dim, .. } = *shape;
        let (texts, longest) = (batch.texts(), batch.longest());
        let (tokens, positions, ended) = self.padded(batch);
        let qkv = qkv.select(0, tokens);
        let part = |start: usize, own: usize| {
            let part = qkv.clone().slice_dim(1, start..start + own * head_dim);
            repeated(part.reshape([texts, longest, own, head_dim]).swap_dims(1, 2), heads)
        };
        let [_, key, value] = shape.starts(0);
        let (queries, keys) = (part(0, heads), part(key, kv_heads));
        let mut scores = queries.clone().matmul(keys.clone().transpose()) * shape.scale;
        match relative {
            Some(Relative::Bias(table)) => {
                scores = scores + self.relative_scores(table, longest, shape.farthest);
            }
            Some(Relative::Disentangled(positions)) => {
                scores = self.add_disentangled(scores, positions, queries, keys);
            }
            None if shape.linear_biases => scores = scores + self.linear_biases(heads, longest),
            None => {}
        }
        let all = [texts, heads, longest, longest];
        if !shape.sees_all() {
            let unseen = self.unseen(shape, longest).reshape([1, 1, longest, longest]);
            scores = scores.mask_fill(unseen.expand(all), f32::MIN);
        }
        if let Some(ended) = ended {
            scores = scores.mask_fill(ended.reshape([texts, 1, 1, longest]).expand(all), f32::MIN);
        }
        let attended = activation::softmax(scores, 3).matmul(part(value, kv_heads));
        attended.swap_dims(1, 2).reshape([texts * longest, shape.dim()]).select(0, positions)
    }

    fn project_rows(&self, rows: &Matrix, linear: &Linear<Matrix, Vector>) -> Matrix {
        Param::from_tensor(self.project(&rows.val(), linear))
    }

    fn neighbours(&self, tokens: &Tensor<2>, batch: &TokenBatch, kernel: usize) -> Tensor<2> {
        let rows = tokens.dims()[0];
        let part = |at: usize| {
            let neighbour = |range: &Range<usize>, token: usize| {
                (token + at).checked_sub(kernel / 2).filter(|neighbour| range.contains(neighbour))
            };
            let all =
                || batch.ranges().flat_map(|range| range.clone().map(move |token| neighbour(&range, token)));
            let chosen = self.indices(all().map(|neighbour| neighbour.unwrap_or(0) as i64));
            let ended = TensorData::new(all().map(|n| n.is_none()).collect::<Vec<_>>(), [rows, 1]);
            let ended = Tensor::<2, Bool>::from_data(ended, &self.device);
            tokens.clone().select(0, chosen).mask_fill(ended.expand(tokens.dims()), 0.0)
        };
        Tensor::cat((0..kernel).map(part).collect(), 1)
    }

    fn activate(&self, tokens: Tensor<2>, function: Activation) -> Tensor<2> {
        activate(tokens, function)
    }

    fn zeros_like(&self, tokens: &Tensor<2>) -> Tensor<2> {
        tokens.zeros_like()
    }

    fn add_rows(&self, tokens: Tensor<2>, rows: &[f32]) -> Tensor<2> {
        let shape = tokens.dims();
        tokens + Tensor::from_data(TensorData::new(rows.to_vec(), shape), &self.device)
    }

    fn add(&self, residual: Tensor<2>, tokens: Tensor<2>) -> Tensor<2> {
        residual + tokens
    }

    fn add_projection(
        &self,
        residual: Tensor<2>,
        tokens: Tensor<2>,
        linear: &Linear<Matrix, Vector>,
    ) -> Tensor<2> {
        residual + self.project(&tokens, linear)
    }

    fn add_feed_forward(
        &self,
        residual: Tensor<2>,
        input: Option<&Tensor<2>>,
        block: &Block<Matrix, Vector>,
    ) -> Tensor<2> {
        let inner = self.project(input.unwrap_or(&residual), &block.up);
        let inner = match block.gated {
            false => activate(inner, block.activation),
            true => {
                let half = inner.dims()[1] / 2;
                let gate = inner.clone().slice_dim(1, half..2 * half);
                activate(inner.slice_dim(1, 0..half), block.activation) * gate
            }
        };
        self.add_projection(residual, inner, &block.down)
    }

    fn to_host(&self, tokens: &Tensor<2>) -> Result<HostTokens, Error> {
        let dim = tokens.dims()[1];
        let device = |error: String| Error::Device(error);
        let data = tokens.clone().try_into_data().map_err(|error| device(format!("{error:?}")))?;
        let values = data.try_to_vec().map_err(|error| device(format!("{error:?}")))?;
        Ok(HostTokens { values, dim })
    }
}

fn activate(values: Tensor<2>, function: Activation) -> Tensor<2> {
    match function {
        Activation::Gelu => activation::gelu(values),
        Activation::GeluTanh => activation::gelu_approximate(values),
        Activation::Relu => activation::relu(values),
        Activation::Silu => activation::silu(values),
        Activation::Tanh => values.tanh(),
        Activation::QuickGelu => values.clone() * activation::sigmoid(values * 1.702),
    }
}

/// Each of the heads of keys or values (`texts × own × length × head_dim`) as often as it serves one of `heads` of queries.
fn repeated(part: Tensor<4>, heads: usize) -> Tensor<4> {
    let [texts, own, length, head_dim] = part.dims();
    if own == heads {
        return part;
    }
    let part = part.reshape([texts, own, 1, length * head_dim]);
    let part = part.expand([texts, own, heads / own, length * head_dim]);
    part.reshape([texts, heads, length, head_dim])
}
