//! The protocol of text-embeddings-inference: `/embed` and `/info`.

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{
    answer::{self, Answer},
    arguments::PromptName,
    failure::{Failure, Kind},
    model::About,
    worker::{Encoded, Wanted},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    inputs: Inputs,
    truncate: Option<bool>,
    truncation_direction: Option<Direction>,
    prompt_name: Option<PromptName>,
    normalize: Option<bool>,
    dimensions: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected `inputs` to be a text or a list of texts")]
enum Inputs {
    One(String),
    Many(Vec<String>),
}

/// Texts are cut at the model's own side alone, which is the right one in nearly all.
#[derive(Deserialize)]
enum Direction {
    #[serde(alias = "right")]
    Right,
}

/// What a body asks for.
pub(super) fn wanted(body: &[u8], about: &About) -> Result<Wanted, Failure> {
    let request: Request =
        serde_json::from_slice(body).map_err(|error| Failure::new(Kind::Malformed, error.to_string()))?;
    let _: Option<Direction> = request.truncation_direction;
    let texts = match request.inputs {
        Inputs::One(text) => vec![text],
        Inputs::Many(texts) => texts,
    };
    if about.two_towers && request.prompt_name == Some(PromptName::None) {
        let message =
            "prompt_name: expected query or document for a model with an encoder for each, found none";
        return Err(Failure::of("prompt_name", Kind::Invalid, message));
    }
    let dimensions = request.dimensions.filter(|&dimensions| dimensions != about.dim);
    if dimensions.is_some_and(|dimensions| !(1..about.dim).contains(&dimensions)) {
        let message = format!("dimensions: expected 1 to {}", about.dim);
        return Err(Failure::of("dimensions", Kind::Invalid, message));
    }
    Ok(Wanted {
        texts,
        prompt: request.prompt_name,
        truncate: request.truncate.unwrap_or(false),
        normalize: request.normalize.unwrap_or(true),
        dimensions,
    })
}

pub(super) fn answer(encoded: &Encoded) -> Answer {
    answer::json(StatusCode::OK, &encoded.rows.rows().collect::<Vec<_>>())
}

pub(super) fn failure(failure: &Failure) -> Answer {
    let (status, of_type) = match failure.kind {
        Kind::Malformed => (StatusCode::UNPROCESSABLE_ENTITY, "Tokenizer"),
        Kind::Invalid | Kind::UnknownModel | Kind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Validation"),
        Kind::Slow => (StatusCode::REQUEST_TIMEOUT, "Validation"),
        Kind::Overloaded => (StatusCode::TOO_MANY_REQUESTS, "Overloaded"),
        Kind::OutOfTime => (StatusCode::GATEWAY_TIMEOUT, "Backend"),
        Kind::Encoder => (StatusCode::FAILED_DEPENDENCY, "Backend"),
    };
    answer::json(status, &json!({"error": failure.message, "error_type": of_type}))
}

/// `/info`.
pub(super) fn info(about: &About, queue: usize, max_texts: usize) -> Answer {
    let content = json!({
        "model_id": about.names[0],
        "model_sha": null,
        "model_dtype": "float32",
        "model_type": {"embedding": {"pooling": about.pooling}},
        "max_concurrent_requests": queue,
        "max_input_length": about.max_tokens,
        "max_batch_tokens": null,
        "max_batch_requests": null,
        "max_client_batch_size": max_texts,
        "auto_truncate": false,
        "tokenization_workers": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "dim": about.dim,
    });
    answer::json(StatusCode::OK, &content)
}
