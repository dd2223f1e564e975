//! The two encoders of Eq. 3: enc1' for queries, enc2 for items. Both generic, both frozen.

use std::marker::PhantomData;

use crate::{embeddings::Embeddings, encoding::Encoding, error::Error};

/// enc1': turns queries into encodings that a searching module reads.
///
/// Deterministic, and independent of the batch: encoding together equals encoding one by one.
pub trait QueryEncoder: Send + Sync {
    /// What a query is: `str` for text, an image type, an id, …
    type Query: ?Sized;
    /// What comes out: [`Embeddings`] (`n × dim`) in the common case.
    type Encoding: Encoding;

    /// The dimension of the vectors that come out, `d_query`.
    fn dim(&self) -> usize;

    /// Encodes `n` queries, in order.
    ///
    /// # Errors
    /// [`Error::Empty`] for an empty batch; [`Error::External`] for the encoder's own failures.
    fn encode_queries(&self, queries: &[&Self::Query]) -> Result<Self::Encoding, Error>;
}

/// enc2: turns items into embeddings, computed once and indexed.
///
/// Deterministic, and independent of the batch: encoding together equals encoding one by one.
pub trait ItemEncoder: Send + Sync {
    /// What an item is: `str` for text, an image type, an id, …
    type Item: ?Sized;

    /// The dimension of the embeddings, `d_item`.
    fn dim(&self) -> usize;

    /// Encodes `n` items, in order, into an `n × dim` matrix.
    ///
    /// # Errors
    /// [`Error::Empty`] for an empty batch; [`Error::External`] for the encoder's own failures.
    fn encode_items(&self, items: &[&Self::Item]) -> Result<Embeddings, Error>;
}

/// An encoder made of a closure from one input to one vector; serves either side.
///
/// ```
/// use ess_core::{EncoderFn, ItemEncoder};
///
/// let length_and_words =
///     EncoderFn::new(2, |text: &str| vec![text.len() as f32, text.split(' ').count() as f32]);
/// assert_eq!(length_and_words.encode_items(&["one two"])?.row(0), &[7.0, 2.0]);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone)]
pub struct EncoderFn<T: ?Sized, F> {
    dim: usize,
    encode: F,
    input: PhantomData<fn(&T)>,
}

impl<T: ?Sized, F: Fn(&T) -> Vec<f32> + Send + Sync> EncoderFn<T, F> {
    /// An encoder that calls `encode` for each input; every vector must have `dim` components.
    pub fn new(dim: usize, encode: F) -> Self {
        Self { dim, encode, input: PhantomData }
    }

    fn encode(&self, inputs: &[&T]) -> Result<Embeddings, Error> {
        if inputs.is_empty() {
            return Err(Error::Empty { what: "inputs to encode" });
        }
        let mut values = Vec::with_capacity(inputs.len() * self.dim);
        for input in inputs {
            let vector = (self.encode)(input);
            Error::check_dim("vector of an encoder closure", self.dim, vector.len())?;
            values.extend_from_slice(&vector);
        }
        Embeddings::from_vec(values, self.dim)
    }
}

impl<T: ?Sized, F: Fn(&T) -> Vec<f32> + Send + Sync> QueryEncoder for EncoderFn<T, F> {
    type Query = T;
    type Encoding = Embeddings;

    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_queries(&self, queries: &[&T]) -> Result<Embeddings, Error> {
        self.encode(queries)
    }
}

impl<T: ?Sized, F: Fn(&T) -> Vec<f32> + Send + Sync> ItemEncoder for EncoderFn<T, F> {
    type Item = T;

    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_items(&self, items: &[&T]) -> Result<Embeddings, Error> {
        self.encode(items)
    }
}

macro_rules! forward_encoders {
    ($($pointer:ty),*) => {$(
        impl<E: QueryEncoder + ?Sized> QueryEncoder for $pointer {
            type Query = E::Query;
            type Encoding = E::Encoding;

            fn dim(&self) -> usize {
                (**self).dim()
            }

            fn encode_queries(&self, queries: &[&Self::Query]) -> Result<Self::Encoding, Error> {
                (**self).encode_queries(queries)
            }
        }

        impl<E: ItemEncoder + ?Sized> ItemEncoder for $pointer {
            type Item = E::Item;

            fn dim(&self) -> usize {
                (**self).dim()
            }

            fn encode_items(&self, items: &[&Self::Item]) -> Result<Embeddings, Error> {
                (**self).encode_items(items)
            }
        }
    )*};
}

forward_encoders!(&E, Box<E>, std::sync::Arc<E>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closure_of_the_wrong_dimension_is_refused() {
        let encoder = EncoderFn::new(3, |_: &str| vec![1.0, 2.0]);
        let found = encoder.encode_queries(&["q"]);
        assert!(matches!(found, Err(Error::DimensionMismatch { expected: 3, found: 2, .. })));
    }

    #[test]
    fn an_empty_batch_and_a_nan_are_refused() {
        let encoder = EncoderFn::new(1, |_: &str| vec![f32::NAN]);
        assert!(matches!(encoder.encode_items(&[]), Err(Error::Empty { .. })));
        assert!(matches!(encoder.encode_items(&["x"]), Err(Error::NonFinite { row: 0, column: 0, .. })));
    }

    #[test]
    fn encoders_work_behind_pointers() {
        let shared: std::sync::Arc<dyn ItemEncoder<Item = str>> =
            std::sync::Arc::new(EncoderFn::new(1, |text: &str| vec![text.len() as f32]));
        assert_eq!(shared.encode_items(&["abc"]).unwrap().row(0), &[3.0]);
        assert_eq!(ItemEncoder::dim(&shared), 1);
    }
}
