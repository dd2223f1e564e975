//! A searching module and its encoder as one encoder.

use ess_core::{Embeddings, Error, QueryEncoder, SearchModule};

/// `enc1'' = f_search ∘ enc1'`: what a searching module makes of an encoder is again an encoder (Eq. 4).
///
/// ```
/// use ess_core::{EncoderFn, MatrixModule, QueryEncoder};
/// use ess_encoders::MergedEncoder;
/// use ndarray::array;
///
/// let lengths = EncoderFn::new(1, |text: &str| vec![text.len() as f32]);
/// let merged = MergedEncoder::new(lengths, MatrixModule::new(array![[1.0, -1.0]])?);
/// assert_eq!(merged.encode_queries(&["abc"])?.row(0), &[3.0, -3.0]);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MergedEncoder<Q, M> {
    encoder: Q,
    module: M,
}

impl<Q: QueryEncoder, M: SearchModule<Q::Encoding>> MergedEncoder<Q, M> {
    /// Encodes with `encoder`, then applies `module`.
    pub fn new(encoder: Q, module: M) -> Self {
        Self { encoder, module }
    }
}

impl<Q: QueryEncoder, M: SearchModule<Q::Encoding>> QueryEncoder for MergedEncoder<Q, M> {
    type Query = Q::Query;
    type Encoding = Embeddings;

    fn dim(&self) -> usize {
        self.module.item_dim()
    }

    fn encode_queries(&self, queries: &[&Self::Query]) -> Result<Embeddings, Error> {
        self.module.apply(&self.encoder.encode_queries(queries)?)
    }
}
