//! `/embed` of Hugging Face's text-embeddings-inference, which serves one model.

use serde_json::{Value, json};

use crate::http::{
    answer::rows,
    api::{EmbeddingApi, EmbeddingRequest},
};

pub(super) struct Tei;

impl EmbeddingApi for Tei {
    fn name(&self) -> &'static str {
        "tei"
    }

    fn path(&self) -> &'static str {
        "/embed"
    }

    fn body(&self, request: &EmbeddingRequest<'_>) -> Value {
        let mut body = json!({"inputs": request.texts, "truncate": request.truncate});
        if let Some(normalize) = request.normalize {
            body["normalize"] = normalize.into();
        }
        body
    }

    fn vectors(&self, answer: &[u8]) -> Result<Vec<Vec<f32>>, String> {
        rows(answer)
    }

    /// As its `--max-client-batch-size` is unless told otherwise.
    fn max_texts(&self) -> usize {
        32
    }
}
