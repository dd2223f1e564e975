//! Texts as they are sent, each once, and what they are kept under.

use std::{borrow::Cow, collections::HashMap};

use sha2::{Digest, Sha256};

use super::{
    api::{EmbeddingApi, EmbeddingRequest, TextRole},
    cache::key::CacheKey,
    config::{EmptyTexts, HttpConfig},
};
use crate::error::Error;

/// The different texts of a batch, and which of them each text is.
pub(super) struct Prepared<'a> {
    pub(super) texts: Vec<Cow<'a, str>>,
    pub(super) keys: Vec<CacheKey>,
    /// For each text of the batch its index in `texts`.
    pub(super) indices: Vec<usize>,
}

/// The request for some texts.
pub(super) fn request<'a>(
    config: &'a HttpConfig,
    api: &dyn EmbeddingApi,
    texts: &'a [&'a str],
    role: TextRole,
) -> EmbeddingRequest<'a> {
    EmbeddingRequest {
        model: &config.model,
        texts,
        role,
        dimensions: config.dimensions.filter(|_| api.takes_dimensions()),
        normalize: config.normalize,
        truncate: config.truncate,
    }
}

impl<'a> Prepared<'a> {
    /// Puts prompts before texts and cuts them as the settings say.
    pub(super) fn new(
        config: &HttpConfig,
        api: &dyn EmbeddingApi,
        endpoint: &str,
        texts: &[&'a str],
        role: TextRole,
    ) -> Result<Self, Error> {
        let (mut prepared, mut seen) =
            (Self { texts: Vec::new(), keys: Vec::new(), indices: Vec::new() }, HashMap::new());
        for (at, text) in texts.iter().enumerate() {
            let text = as_sent(config, text, role)
                .ok_or(Error::HttpText { at, reason: "it is empty, and empty_texts says to refuse such" })?;
            let key = key(config, api, endpoint, &text, role);
            let index = *seen.entry(key).or_insert(prepared.texts.len());
            if index == prepared.texts.len() {
                prepared.texts.push(text);
                prepared.keys.push(key);
            }
            prepared.indices.push(index);
        }
        Ok(prepared)
    }
}

/// What is sent for a text; `None` where it is refused.
fn as_sent<'a>(config: &HttpConfig, text: &'a str, role: TextRole) -> Option<Cow<'a, str>> {
    let text = match (text, config.empty_texts) {
        ("", EmptyTexts::Refuse) => return None,
        ("", EmptyTexts::Space) => " ",
        _ => text,
    };
    let end = config.max_text_chars.and_then(|chars| text.char_indices().nth(chars)).map(|(end, _)| end);
    let text = &text[..end.unwrap_or(text.len())];
    let prompt = match role {
        TextRole::Query => &config.query_prompt,
        TextRole::Item => &config.item_prompt,
    };
    Some(if prompt.is_empty() { text.into() } else { format!("{prompt}{text}").into() })
}

/// SHA-256 of the address, the API's name, the model's name and the request for this text alone, which has the prompt, the
/// dimension and the text. The model is a part of its own: not every API has it in the request.
fn key(config: &HttpConfig, api: &dyn EmbeddingApi, endpoint: &str, text: &str, role: TextRole) -> CacheKey {
    let texts = [text];
    let body = api.body(&request(config, api, &texts, role)).to_string();
    let mut hash = Sha256::new();
    for part in [endpoint, api.name(), &config.model, &body] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::{
        super::apis::{NamedApi, register_embedding_api},
        *,
    };

    fn keys(config: &HttpConfig, texts: &[&str], role: TextRole) -> Vec<CacheKey> {
        let api = NamedApi::find(&config.api).unwrap();
        Prepared::new(config, api.get(), &config.url.endpoint("/x"), texts, role).unwrap().keys
    }

    #[test]
    fn whatever_changes_a_vector_changes_its_key() {
        let config = HttpConfig { model: "m".into(), ..HttpConfig::default() };
        let with = |change: fn(&mut HttpConfig)| {
            let mut config = config.clone();
            change(&mut config);
            keys(&config, &["a text"], TextRole::Item)[0]
        };
        let cohere = HttpConfig { api: "cohere".into(), ..config.clone() };
        let all = [
            with(|_| {}),
            with(|config| config.model = "n".into()),
            with(|config| config.url = "http://other".parse().unwrap()),
            with(|config| config.api = "tei".into()),
            with(|config| config.api = "voyage".into()),
            with(|config| config.item_prompt = "p".into()),
            with(|config| config.dimensions = Some(3)),
            with(|config| config.max_text_chars = Some(3)),
            keys(&config, &["other text"], TextRole::Item)[0],
            keys(&cohere, &["a text"], TextRole::Item)[0],
            keys(&cohere, &["a text"], TextRole::Query)[0],
        ];
        let different: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        assert_eq!(with(|config| config.query_prompt = "of queries".into()), all[0]);
        assert_eq!(with(|config| config.limits.batch_texts = 1), all[0]);
    }

    /// An API whose requests do not name the model.
    struct WithoutModel;

    impl EmbeddingApi for WithoutModel {
        fn name(&self) -> &'static str {
            "without_model"
        }

        fn path(&self) -> &'static str {
            "/x"
        }

        fn body(&self, request: &EmbeddingRequest<'_>) -> serde_json::Value {
            serde_json::json!(request.texts)
        }

        fn vectors(&self, _: &[u8]) -> Result<Vec<Vec<f32>>, String> {
            Err("none".to_owned())
        }
    }

    #[test]
    fn every_api_keeps_the_vectors_of_two_models_apart() {
        register_embedding_api(WithoutModel).unwrap();
        for api in ["openai", "tei", "cohere", "voyage", "without_model"] {
            let key = |model: &str| {
                let config =
                    HttpConfig { model: model.to_owned(), api: api.to_owned(), ..HttpConfig::default() };
                keys(&config, &["a text"], TextRole::Item)[0]
            };
            assert_eq!(key("one"), key("one"), "{api}");
            assert_ne!(key("one"), key("other"), "{api}");
        }
    }

    #[test]
    fn texts_are_sent_once_each_cut_and_behind_their_prompt() {
        let api = NamedApi::find("openai").unwrap();
        let config =
            HttpConfig { query_prompt: "q: ".into(), max_text_chars: Some(2), ..HttpConfig::default() };
        let texts = ["äöü", "b", "äö", "", "b"];
        let prepared = Prepared::new(&config, api.get(), "", &texts, TextRole::Query).unwrap();
        assert_eq!(
            (prepared.texts, prepared.indices),
            (vec!["q: äö".into(), "q: b".into(), "q: ".into()], vec![0, 1, 0, 2, 1])
        );
        let space = HttpConfig { empty_texts: EmptyTexts::Space, ..config.clone() };
        assert_eq!(Prepared::new(&space, api.get(), "", &[""], TextRole::Item).unwrap().texts, [" "]);
        let refuse = HttpConfig { empty_texts: EmptyTexts::Refuse, ..config };
        let refused = Prepared::new(&refuse, api.get(), "", &texts, TextRole::Item);
        assert!(matches!(refused, Err(Error::HttpText { at: 3, .. })));
    }
}
