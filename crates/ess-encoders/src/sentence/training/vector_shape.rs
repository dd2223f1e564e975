//! Which encoders can be trained, and the sizes of their vectors.

use crate::{
    error::Error,
    sentence::{
        encoder::SentenceEncoder,
        head::HeadStep,
        pooling::{Pooling, PoolingMode},
    },
    training::shape::Shape,
};

/// What a forward pass needs to know beside the parameters.
#[derive(Clone, Debug)]
pub(super) struct VectorShape {
    pub(super) layers: Shape,
    pub(super) poolings: Vec<PoolingMode>,
    /// Whether the pooled vectors are brought to unit norm.
    pub(super) normalizes: bool,
}

impl VectorShape {
    /// The shape of an encoder, or why it cannot be trained.
    pub(super) fn of(encoder: &SentenceEncoder) -> Result<Self, Error> {
        let layers = Shape::of(&encoder.config)?;
        let Pooling { modes, .. } = &encoder.pooling;
        if modes.contains(&PoolingMode::Max) {
            return Err(refused(
                "a pooling that is a weighted sum of token states",
                "the maximum".to_owned(),
            ));
        }
        let normalizes = match encoder.head.as_slice() {
            [] => false,
            [HeadStep::Normalize] => true,
            _ => {
                let found = "other layers behind the pooling".to_owned();
                return Err(refused("nothing but scaling to unit norm behind the pooling", found));
            }
        };
        Ok(Self { layers, poolings: modes.clone(), normalizes })
    }

    /// The dimension of the vectors.
    pub(super) fn vector_dim(&self) -> usize {
        self.poolings.len() * self.layers.dim
    }
}

fn refused(expected: &'static str, found: String) -> Error {
    Error::NotTrainable { expected, found }
}
