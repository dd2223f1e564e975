//! A transformer computed by Burn, on any of its devices, and differentiable.

mod attention;
pub(crate) mod definition;

use std::ops::Range;

use burn::{
    module::Param,
    tensor::{Bool, Tensor, TensorData, activation},
};

use attention::repeated;
use definition::{DeviceCompute, Matrix, Vector};

use crate::{
    error::Error,
    model::activation::Activation,
    transformer::{
        attention_shape::{AttentionShape, Rotary},
        definition::{Block, Linear, Norm, NormKind, Tables},
        disentangled::Relative,
        host_tokens::HostTokens,
        operations::Compute,
        token_batch::TokenBatch,
    },
};

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

    fn normalize_heads(&self, tokens: Tensor<2>, columns: Range<usize>, norm: &Norm<Vector>) -> Tensor<2> {
        let ([rows, _], [width]) = (tokens.dims(), norm.weight.dims());
        let heads = tokens.clone().slice_dim(1, columns.clone());
        let heads = heads.reshape([rows * columns.len() / width, width]);
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
