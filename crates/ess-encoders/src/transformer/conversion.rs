//! The same layers with their weights in another form.

use super::definition::{Block, Linear, Norm};

impl<W, V> Linear<W, V> {
    /// The same layer with its weights in another form.
    pub(crate) fn map<X, Y>(&self, weight: impl Fn(&W) -> X, vector: impl Fn(&V) -> Y) -> Linear<X, Y> {
        Linear { weight: weight(&self.weight), bias: vector(&self.bias) }
    }
}

impl<V> Norm<V> {
    /// The same layer with its weights in another form.
    pub(crate) fn map<W>(&self, vector: impl Fn(&V) -> W) -> Norm<W> {
        Norm {
            weight: vector(&self.weight),
            bias: vector(&self.bias),
            epsilon: self.epsilon,
            kind: self.kind,
        }
    }
}

impl<W, V> Block<W, V> {
    /// The same layer with its weights in another form.
    pub(crate) fn map<X, Y>(&self, weight: impl Fn(&W) -> X, vector: impl Fn(&V) -> Y) -> Block<X, Y> {
        let norm = |norm: &Option<Norm<V>>| norm.as_ref().map(|norm| norm.map(&vector));
        Block {
            qkv: self.qkv.map(&weight, &vector),
            attention_out: self.attention_out.map(&weight, &vector),
            attention_norm: norm(&self.attention_norm),
            attention_sum_norm: norm(&self.attention_sum_norm),
            up: self.up.map(&weight, &vector),
            down: self.down.map(&weight, &vector),
            norm: norm(&self.norm),
            attention_input_norm: norm(&self.attention_input_norm),
            attention_output_norm: norm(&self.attention_output_norm),
            input_norm: norm(&self.input_norm),
            output_norm: norm(&self.output_norm),
            query_norm: norm(&self.query_norm),
            key_norm: norm(&self.key_norm),
            attention: self.attention.clone(),
            activation: self.activation,
            gated: self.gated,
        }
    }
}
