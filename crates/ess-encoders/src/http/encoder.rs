//! An encoder whose model is at a server.

use ess_core::{Embeddings, ItemEncoder, QueryEncoder};

use super::{api::TextRole, config::HttpConfig, served_vectors::ServedVectors};
use crate::error::Error;

/// What is asked for to learn a model's dimension.
const PROBE: &str = "dimension";

/// An encoder whose model is at a server: a hosted one, or one that another program serves.
///
/// A batch is sent in requests, several at once, each again where that may help; the same text is sent once, and not at all
/// where the cache has its vector. An answer is taken whole or not at all: as many vectors as texts, in their order, of one
/// dimension, finite. A text's vector is as independent of its batch as the server makes it.
///
/// ```no_run
/// use ess_core::ItemEncoder;
/// use ess_encoders::{HttpConfig, HttpEncoder};
///
/// let config = HttpConfig {
///     key_env: Some("OPENAI_API_KEY".into()),
///     cache: Some("openai.vectors".into()),
///     ..HttpConfig::new("https://api.openai.com/v1".parse()?, "openai", "text-embedding-3-small")
/// };
/// let encoder = HttpEncoder::connect(config)?;
/// let items = encoder.encode_items(&["The cat sat on the mat."])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct HttpEncoder {
    vectors: ServedVectors,
    dim: usize,
}

impl HttpEncoder {
    /// Checks the settings, opens the cache, and asks the server for one embedding where `dimensions` do not say how many
    /// components vectors have.
    ///
    /// # Errors
    /// [`Error::HttpSetting`], [`Error::HttpKey`], [`Error::HttpCache`], [`Error::Files`] where another process uses the cache,
    /// [`Error::Io`], and those of encoding: [`Error::HttpTransport`], [`Error::HttpTimeLimit`], [`Error::HttpStatus`],
    /// [`Error::HttpAnswer`].
    pub fn connect(config: HttpConfig) -> Result<Self, Error> {
        let vectors = ServedVectors::new(config)?;
        let served = match vectors.dim() {
            Some(asked_for) => asked_for,
            None => vectors.of(&[PROBE], TextRole::Item)?[0].len(),
        };
        let dim = vectors.config.dimensions.unwrap_or(served);
        if dim > served {
            let expected = format!("at most the model's {served}");
            return Err(Error::HttpSetting { name: "dimensions", expected, found: dim.to_string() });
        }
        Ok(Self { vectors, dim })
    }

    /// The settings.
    pub fn config(&self) -> &HttpConfig {
        &self.vectors.config
    }

    /// The dimension of the embeddings.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Whether the embeddings are known to have unit norm.
    pub fn normalizes(&self) -> bool {
        self.vectors.config.normalize == Some(true) || self.cuts()
    }

    /// Whether vectors are cut here rather than at the server.
    fn cuts(&self) -> bool {
        self.vectors.dim().is_some_and(|served| self.dim < served)
    }

    fn encode(&self, texts: &[&str], role: TextRole) -> Result<Embeddings, Error> {
        if texts.is_empty() {
            return Err(ess_core::Error::Empty { what: "texts to encode" }.into());
        }
        let mut values = Vec::with_capacity(texts.len() * self.dim);
        for vector in self.vectors.of(texts, role)? {
            values.extend_from_slice(&vector[..self.dim]);
        }
        let embeddings = Embeddings::from_vec(values, self.dim)?;
        Ok(if self.normalizes() { embeddings.normalized() } else { embeddings })
    }
}

impl QueryEncoder for HttpEncoder {
    type Query = str;
    type Encoding = Embeddings;

    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_queries(&self, queries: &[&str]) -> Result<Embeddings, ess_core::Error> {
        Ok(self.encode(queries, TextRole::Query)?)
    }
}

impl ItemEncoder for HttpEncoder {
    type Item = str;

    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_items(&self, items: &[&str]) -> Result<Embeddings, ess_core::Error> {
        Ok(self.encode(items, TextRole::Item)?)
    }
}
