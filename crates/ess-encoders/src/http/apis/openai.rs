//! OpenAI's `/v1/embeddings`, which vLLM, llama.cpp, Ollama, TEI and `ess serve-embeddings` have too.

use serde_json::{Value, json};

use crate::http::{
    answer::indexed,
    api::{EmbeddingApi, EmbeddingRequest},
};

pub(super) struct OpenAi;

impl EmbeddingApi for OpenAi {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn path(&self) -> &'static str {
        "/v1/embeddings"
    }

    fn body(&self, request: &EmbeddingRequest<'_>) -> Value {
        let mut body = json!({"model": request.model, "input": request.texts, "encoding_format": "float"});
        if let Some(dimensions) = request.dimensions {
            body["dimensions"] = dimensions.into();
        }
        body
    }

    fn vectors(&self, answer: &[u8]) -> Result<Vec<Vec<f32>>, String> {
        indexed(answer)
    }

    fn takes_dimensions(&self) -> bool {
        true
    }
}
