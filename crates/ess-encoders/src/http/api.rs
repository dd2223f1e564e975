//! What one kind of server is asked and what it answers.

use serde_json::Value;

/// One request: texts, with their prompts, and what is wanted of their embeddings.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EmbeddingRequest<'a> {
    /// The model's name there.
    pub model: &'a str,
    /// The texts, at least one, each behind its prompt.
    pub texts: &'a [&'a str],
    /// Which side of Eq. 3 they are on.
    pub role: TextRole,
    /// How many components are asked for; only where [`EmbeddingApi::takes_dimensions`].
    pub dimensions: Option<usize>,
    /// Whether vectors are to come with unit norm; `None` leaves that to the server.
    pub normalize: Option<bool>,
    /// Whether the server is to cut what is too long for the model, rather than to refuse it.
    pub truncate: bool,
}

/// Which side of Eq. 3 a text is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextRole {
    /// A query, for enc1'.
    Query,
    /// An item, for enc2.
    Item,
}

/// The shape of requests and answers of one kind of embedding server.
///
/// ```
/// use ess_encoders::{EmbeddingApi, EmbeddingRequest, embedding_apis, register_embedding_api};
/// use serde_json::{Value, json};
///
/// /// `{"sentences": […]}` in, `[[…], …]` out.
/// struct Plain;
///
/// impl EmbeddingApi for Plain {
///     fn name(&self) -> &'static str {
///         "plain"
///     }
///
///     fn path(&self) -> &'static str {
///         "/encode"
///     }
///
///     fn body(&self, request: &EmbeddingRequest<'_>) -> Value {
///         json!({"sentences": request.texts})
///     }
///
///     fn vectors(&self, answer: &[u8]) -> Result<Vec<Vec<f32>>, String> {
///         serde_json::from_slice(answer).map_err(|error| error.to_string())
///     }
/// }
///
/// register_embedding_api(Plain)?;
/// assert!(embedding_apis().contains(&"plain"));
/// # Ok::<(), ess_encoders::Error>(())
/// ```
pub trait EmbeddingApi: Send + Sync {
    /// The name by which settings call it: lower-case letters, digits and `_`.
    fn name(&self) -> &'static str;

    /// The path of requests on a bare host, such as `/v1/embeddings`.
    fn path(&self) -> &'static str;

    /// The JSON of a request. What is in it decides which texts have the same embedding: the cache's key is made of
    /// it and of the model's name.
    fn body(&self, request: &EmbeddingRequest<'_>) -> Value;

    /// The vectors in an answer with status 200, in the order of the texts. Their number, dimension and components are
    /// checked by the caller.
    ///
    /// # Errors
    /// What is wrong with the answer, in words.
    fn vectors(&self, answer: &[u8]) -> Result<Vec<Vec<f32>>, String>;

    /// Whether the server cuts embeddings to the dimension that is asked for. Else the encoder cuts them itself.
    fn takes_dimensions(&self) -> bool {
        false
    }

    /// The maximum number of texts of a request.
    fn max_texts(&self) -> usize {
        2048
    }
}
