//! Cohere's `/v2/embed`, in which queries and items are told apart.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::{
    answer::{Components, parsed},
    api::{EmbeddingApi, EmbeddingRequest, TextRole},
};

pub(super) struct Cohere;

#[derive(Deserialize)]
struct Answer {
    embeddings: Embeddings,
}

/// By type in version 2, plain in version 1.
#[derive(Deserialize)]
#[serde(untagged)]
enum Embeddings {
    ByType { float: Vec<Components> },
    Plain(Vec<Components>),
}

impl EmbeddingApi for Cohere {
    fn name(&self) -> &'static str {
        "cohere"
    }

    fn path(&self) -> &'static str {
        "/v2/embed"
    }

    fn body(&self, request: &EmbeddingRequest<'_>) -> Value {
        let input_type = match request.role {
            TextRole::Query => "search_query",
            TextRole::Item => "search_document",
        };
        let mut body = json!({
            "model": request.model,
            "texts": request.texts,
            "input_type": input_type,
            "embedding_types": ["float"],
            "truncate": if request.truncate { "END" } else { "NONE" },
        });
        if let Some(dimensions) = request.dimensions {
            body["output_dimension"] = dimensions.into();
        }
        body
    }

    fn vectors(&self, answer: &[u8]) -> Result<Vec<Vec<f32>>, String> {
        let (Embeddings::ByType { float: rows } | Embeddings::Plain(rows)) =
            parsed::<Answer>(answer)?.embeddings;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    fn takes_dimensions(&self) -> bool {
        true
    }

    fn max_texts(&self) -> usize {
        96
    }
}
