//! Voyage's `/v1/embeddings`, in which queries and items are told apart.

use serde_json::{Value, json};

use crate::http::{
    answer::indexed,
    api::{EmbeddingApi, EmbeddingRequest, TextRole},
};

pub(super) struct Voyage;

impl EmbeddingApi for Voyage {
    fn name(&self) -> &'static str {
        "voyage"
    }

    fn path(&self) -> &'static str {
        "/v1/embeddings"
    }

    fn body(&self, request: &EmbeddingRequest<'_>) -> Value {
        let input_type = match request.role {
            TextRole::Query => "query",
            TextRole::Item => "document",
        };
        let mut body = json!({
            "model": request.model,
            "input": request.texts,
            "input_type": input_type,
            "truncation": request.truncate,
        });
        if let Some(dimensions) = request.dimensions {
            body["output_dimension"] = dimensions.into();
        }
        body
    }

    fn vectors(&self, answer: &[u8]) -> Result<Vec<Vec<f32>>, String> {
        indexed(answer)
    }

    fn takes_dimensions(&self) -> bool {
        true
    }

    fn max_texts(&self) -> usize {
        1000
    }
}
