//! OpenAI's protocol: `/v1/embeddings` and `/v1/models`.

use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    answer::{self, Answer},
    failure::{Failure, Kind},
    model::About,
    worker::{Encoded, Wanted},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    input: Input,
    model: String,
    encoding_format: Option<Format>,
    dimensions: Option<usize>,
    #[serde(rename = "user")]
    _user: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    One(String),
    Many(Vec<String>),
    Other(Value),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Float,
    Base64,
}

#[derive(Serialize)]
struct Embedding<'a> {
    object: &'static str,
    index: usize,
    embedding: Components<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Components<'a> {
    Float(&'a [f32]),
    Base64(String),
}

/// What a body asks for, and how the components are to be written.
pub(super) fn wanted(body: &[u8], about: &About) -> Result<(Wanted, Format), Failure> {
    let request: Request =
        serde_json::from_slice(body).map_err(|error| Failure::new(Kind::Malformed, error.to_string()))?;
    if !about.names.contains(&request.model) {
        let message =
            format!("the model {:?} is not served here; expected {:?}", request.model, about.names[0]);
        return Err(Failure::of("model", Kind::UnknownModel, message));
    }
    let texts = match request.input {
        Input::One(text) => vec![text],
        Input::Many(texts) => texts,
        Input::Other(other) => return Err(Failure::of("input", Kind::Invalid, refused(&other))),
    };
    let dimensions = request.dimensions.filter(|&dimensions| dimensions != about.dim);
    if dimensions.is_some_and(|dimensions| !(1..about.dim).contains(&dimensions)) {
        let found = dimensions.unwrap_or_default();
        let message = format!("expected 1 to {}, found {found}", about.dim);
        return Err(Failure::of("dimensions", Kind::Invalid, message));
    }
    let wanted = Wanted { texts, prompt: None, truncate: true, normalize: false, dimensions };
    Ok((wanted, request.encoding_format.unwrap_or(Format::Float)))
}

/// Why an input is none.
fn refused(input: &Value) -> String {
    let has_numbers = |list: &Value| list.as_array().is_some_and(|list| list.iter().any(Value::is_number));
    let tokens = has_numbers(input) || input.as_array().is_some_and(|lists| lists.iter().any(has_numbers));
    match tokens {
        true => "expected a text or a list of texts, found token ids, which other models' tokenizers make; send the texts \
                 (LangChain's OpenAIEmbeddings: check_embedding_ctx_length=False)"
            .to_owned(),
        false => "expected a text or a list of texts, found something else".to_owned(),
    }
}

pub(super) fn answer(encoded: &Encoded, format: Format, about: &About) -> Answer {
    let components = |row| match format {
        Format::Float => Components::Float(row),
        Format::Base64 => Components::Base64(
            STANDARD.encode(row.iter().flat_map(|x: &f32| x.to_le_bytes()).collect::<Vec<u8>>()),
        ),
    };
    let embedding = |(index, row)| Embedding { object: "embedding", index, embedding: components(row) };

    #[derive(Serialize)]
    struct Body<'a> {
        object: &'static str,
        data: Vec<Embedding<'a>>,
        model: &'a str,
        usage: Value,
    }
    let body = Body {
        object: "list",
        data: encoded.rows.rows().enumerate().map(embedding).collect(),
        model: &about.names[0],
        usage: json!({"prompt_tokens": encoded.tokens, "total_tokens": encoded.tokens}),
    };
    answer::json(StatusCode::OK, &body)
}

pub(super) fn failure(failure: &Failure) -> Answer {
    let (status, of_type, code) = match failure.kind {
        Kind::Malformed | Kind::Invalid => (StatusCode::BAD_REQUEST, "invalid_request_error", None),
        Kind::UnknownModel => (StatusCode::NOT_FOUND, "invalid_request_error", Some("model_not_found")),
        Kind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request_error", None),
        Kind::Slow => (StatusCode::REQUEST_TIMEOUT, "invalid_request_error", None),
        Kind::Overloaded => (StatusCode::TOO_MANY_REQUESTS, "requests", Some("rate_limit_exceeded")),
        Kind::OutOfTime => (StatusCode::GATEWAY_TIMEOUT, "server_error", None),
        Kind::Encoder => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", None),
    };
    let error = json!({"message": failure.message, "type": of_type, "param": failure.field, "code": code});
    answer::json(status, &json!({"error": error}))
}

/// `/v1/models`.
pub(super) fn models(about: &About) -> Answer {
    let model = json!({"id": about.names[0], "object": "model", "created": 0, "owned_by": "ess"});
    answer::json(StatusCode::OK, &json!({"object": "list", "data": [model]}))
}
