//! The same layers with their weights in another form.

use crate::transformer::definition::{Block, Linear, Norm};

impl<W, V> Linear<W, V> {
    /// The same layer with its weights in another form.
    pub(crate) fn map<X, Y>(&self, weight: impl Fn(&W) -> X, vector: impl Fn(&V) -> Y) -> Linear<X, Y> {
        Linear { weight: weight(&self.weight), bias: vector(&self.bias) }
    }
}

impl<V> Norm<V> {
    /// The same layer with its weights in another form.
    pub(crate) fn map<W>(&self, vector: impl Fn(&V) -> W) -> Norm<W> {
        Norm { weight: vector(&self.weight), bias: vector(&self.bias), epsilon: self.epsilon }
    }
}

impl<W, V> Block<W, V> {
    /// The same layer with its weights in another form.
    pub(crate) fn map<X, Y>(&self, weight: impl Fn(&W) -> X, vector: impl Fn(&V) -> Y) -> Block<X, Y> {
        Block {
            qkv: self.qkv.map(&weight, &vector),
            attention_out: self.attention_out.map(&weight, &vector),
            attention_norm: self.attention_norm.map(&vector),
            up: self.up.map(&weight, &vector),
            down: self.down.map(&weight, &vector),
            norm: self.norm.map(&vector),
            heads: self.heads,
            activation: self.activation,
        }
    }
}
