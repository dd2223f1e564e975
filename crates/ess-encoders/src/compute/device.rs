//! A transformer computed by Burn, on any of its devices, and differentiable.

use burn::{
    module::Param,
    tensor::{Bool, Device, Int, Tensor, TensorData, activation},
};

use super::relative_position::relative_bucket;
use crate::{
    error::Error,
    model::transformer_config::Activation,
    transformer::{
        definition::{Linear, Norm, Tables},
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

    /// Texts side by side, `n × longest`: for each position its token, or token 0 where the text has ended.
    fn padded(&self, batch: &TokenBatch) -> (Tensor<1, Int>, Tensor<1, Int>, Option<Tensor<2, Bool>>) {
        let longest = batch.longest();
        let mut tokens = Vec::with_capacity(batch.texts() * longest);
        let mut places = Vec::with_capacity(batch.tokens());
        let mut ended = Vec::with_capacity(batch.texts() * longest);
        for range in batch.ranges() {
            let (first, length) = (tokens.len(), range.len());
            tokens.extend(range.map(|token| token as i64));
            tokens.resize(first + longest, 0);
            places.extend((first..first + length).map(|place| place as i64));
            ended.extend((0..longest).map(|place| place >= length));
        }
        let any_ended = ended.contains(&true);
        let ended = TensorData::new(ended, [batch.texts(), longest]);
        let mask = any_ended.then(|| Tensor::from_data(ended, &self.device));
        (self.indices(tokens), self.indices(places), mask)
    }

    /// What is added to the attention scores of each head: `1 × heads × longest × longest`.
    fn relative_scores(&self, table: &Matrix, longest: usize) -> Tensor<4> {
        let [buckets, heads] = table.dims();
        let pairs = (0..longest).flat_map(|query| (0..longest).map(move |key| key as isize - query as isize));
        let rows = self.indices(pairs.map(|distance| relative_bucket(distance, buckets) as i64));
        let scores = table.val().select(0, rows).transpose();
        scores.reshape([1, heads, longest, longest])
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

    fn embed(&self, tables: &Tables<Matrix, Vector>, batch: &TokenBatch) -> Tensor<2> {
        let numbers = |rows: &[u32]| self.indices(rows.iter().map(|&row| i64::from(row)));
        let positions = batch.positions(tables.padding);
        let mut tokens = tables.words.val().select(0, numbers(&batch.ids))
            + tables.positions.val().select(0, numbers(&positions));
        if let Some(types) = &tables.types {
            tokens = tokens + types.val().select(0, numbers(&batch.types));
        }
        self.normalize(tokens, &tables.norm)
    }

    fn normalize(&self, tokens: Tensor<2>, norm: &Norm<Vector>) -> Tensor<2> {
        let centred = tokens.clone() - tokens.mean_dim(1);
        let variance = (centred.clone() * centred.clone()).mean_dim(1);
        let scaled = centred / (variance + norm.epsilon).sqrt();
        scaled * norm.weight.val().unsqueeze() + norm.bias.val().unsqueeze()
    }

    fn project(&self, tokens: &Tensor<2>, linear: &Linear<Matrix, Vector>) -> Tensor<2> {
        tokens.clone().matmul(linear.weight.val().transpose()) + linear.bias.val().unsqueeze()
    }

    fn attend(
        &self,
        qkv: Tensor<2>,
        batch: &TokenBatch,
        heads: usize,
        relative: Option<&Matrix>,
    ) -> Tensor<2> {
        let dim = qkv.dims()[1] / 3;
        let (texts, longest, head_dim) = (batch.texts(), batch.longest(), dim / heads);
        let (tokens, places, ended) = self.padded(batch);
        let qkv = qkv.select(0, tokens);
        let part = |at: usize| {
            let part = qkv.clone().slice([0..texts * longest, at * dim..(at + 1) * dim]);
            part.reshape([texts, longest, heads, head_dim]).swap_dims(1, 2)
        };
        let mut scores = part(0).matmul(part(1).transpose()) / (head_dim as f32).sqrt();
        if let Some(table) = relative {
            scores = scores + self.relative_scores(table, longest);
        }
        if let Some(ended) = ended {
            let ended = ended.reshape([texts, 1, 1, longest]);
            scores = scores.mask_fill(ended.expand([texts, heads, longest, longest]), f32::MIN);
        }
        let attended = activation::softmax(scores, 3).matmul(part(2));
        attended.swap_dims(1, 2).reshape([texts * longest, dim]).select(0, places)
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
        tokens: Tensor<2>,
        up: &Linear<Matrix, Vector>,
        activation: Activation,
        down: &Linear<Matrix, Vector>,
    ) -> Tensor<2> {
        let inner = self.project(&tokens, up);
        let inner = match activation {
            Activation::Gelu => activation::gelu(inner),
            Activation::GeluTanh => activation::gelu_approximate(inner),
            Activation::Relu => activation::relu(inner),
        };
        self.add_projection(tokens, inner, down)
    }

    fn to_host(&self, tokens: &Tensor<2>) -> Result<HostTokens, Error> {
        let dim = tokens.dims()[1];
        let device = |error: String| Error::Device(error);
        let data = tokens.clone().try_into_data().map_err(|error| device(format!("{error:?}")))?;
        let values = data.try_to_vec().map_err(|error| device(format!("{error:?}")))?;
        Ok(HostTokens { values, dim })
    }
}
