//! The settings of an encoder over HTTP.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{
    answer::MAX_DIM,
    apis::{NamedApi, embedding_apis},
    server_url::ServerUrl,
};
use crate::error::Error;

/// Which model is asked, where and how. The key is not in it: it names the variable of the environment that holds the key.
///
/// ```
/// use ess_encoders::HttpConfig;
///
/// let config: HttpConfig = serde_json::from_str(
///     r#"{"url": "https://api.openai.com/v1", "model": "text-embedding-3-small", "dimensions": 256, "key_env": "OPENAI_API_KEY"}"#,
/// )?;
/// config.check()?;
/// assert_eq!((config.api.as_str(), config.limits.retries), ("openai", 5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Where the server is. Default: `http://127.0.0.1:8080`, where `ess serve-embeddings` listens.
    pub url: ServerUrl,
    /// The model's name there.
    pub model: String,
    /// The API, by its name: one of [`embedding_apis`]. Default: `openai`.
    pub api: String,
    /// What is put before each query. Default: nothing.
    pub query_prompt: String,
    /// What is put before each item. Default: nothing.
    pub item_prompt: String,
    /// So many components of each vector: asked of the server where the API has a field for it; else the first of them are
    /// kept, brought to unit norm. Default: all.
    pub dimensions: Option<usize>,
    /// Whether vectors have unit norm: `true` brings them there, `false` asks a server that can tell (TEI) not to.
    /// Default: as the server does.
    pub normalize: Option<bool>,
    /// The similarity that the model is meant for: `cosine`, `dot`, `euclidean` or `manhattan`. Default: `cosine`.
    pub similarity: String,
    /// Whether the server may cut what is too long for the model, where the API has a field for it. Default: yes.
    pub truncate: bool,
    /// Texts are cut to so many characters before they are sent, the prompt not counted. Default: sent whole.
    pub max_text_chars: Option<usize>,
    /// What becomes of texts without a character. Default: they are sent.
    pub empty_texts: EmptyTexts,
    /// The variable of the environment that holds the server's key. Messages show its name where it is of upper-case letters,
    /// digits and `_`. Default: no key is sent.
    pub key_env: Option<String>,
    /// The header that shows the key. Default: `Authorization`, with `Bearer` before the key.
    pub key_header: Option<String>,
    /// A file that keeps every vector that came, so that no text is sent twice. One process uses it at a time. What a server
    /// gives under the same address and model is taken for the same. Default: none.
    pub cache: Option<PathBuf>,
    /// How much is asked at once, how fast, and how long an answer may take.
    pub limits: HttpLimits,
}

/// What becomes of a text without a character, prompt not counted; some servers refuse a whole request for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyTexts {
    /// It is sent as it is.
    #[default]
    Send,
    /// One space is sent instead.
    Space,
    /// It is refused before anything is sent ([`Error::HttpText`]).
    Refuse,
}

/// How much is asked of a server at once, how fast, and how long an answer may take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpLimits {
    /// Texts of a request at most; fewer where the API takes fewer. Default: 64.
    pub batch_texts: usize,
    /// Characters of a request at most, which bounds its tokens: some 4 characters of English are one. A longer text is sent
    /// alone. Default: 100 000.
    pub batch_chars: usize,
    /// Requests under way at once in a call; callers in several threads have as many each. Default: 4.
    pub concurrency: usize,
    /// Requests a minute at most, spread evenly. Default: no limit.
    pub requests_per_minute: Option<f64>,
    /// Seconds until a connection must stand. Default: 10.
    pub connect_seconds: f64,
    /// Seconds until a whole answer must be there. Default: 60.
    pub request_seconds: f64,
    /// How often a request is sent again that had no answer, or one of status 408, 425, 429, 500, 502, 503, 504 or 529.
    /// Default: 5.
    pub retries: usize,
    /// Seconds before the first retry; twice as many before each that follows, less a random part of up to a half.
    /// `Retry-After` of the answer counts where it is longer. Default: 0.5.
    pub retry_seconds: f64,
    /// Seconds before a retry at most. A server that asks for more is not asked again. Default: 60.
    pub max_retry_seconds: f64,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            url: "http://127.0.0.1:8080".parse().expect("an address"),
            model: String::new(),
            api: "openai".to_owned(),
            query_prompt: String::new(),
            item_prompt: String::new(),
            dimensions: None,
            normalize: None,
            similarity: "cosine".to_owned(),
            truncate: true,
            max_text_chars: None,
            empty_texts: EmptyTexts::Send,
            key_env: None,
            key_header: None,
            cache: None,
            limits: HttpLimits::default(),
        }
    }
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            batch_texts: 64,
            batch_chars: 100_000,
            concurrency: 4,
            requests_per_minute: None,
            connect_seconds: 10.0,
            request_seconds: 60.0,
            retries: 5,
            retry_seconds: 0.5,
            max_retry_seconds: 60.0,
        }
    }
}

const MAX_CONCURRENCY: usize = 256;
const MAX_RETRIES: usize = 100;
/// Longer than anybody waits, and short enough for any clock.
const MAX_SECONDS: f64 = 86_400.0;

impl HttpConfig {
    /// A model at a server, by an API; all else by default.
    pub fn new(url: ServerUrl, api: impl Into<String>, model: impl Into<String>) -> Self {
        Self { url, api: api.into(), model: model.into(), ..Self::default() }
    }

    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// [`Error::HttpSetting`] with the field.
    pub fn check(&self) -> Result<(), Error> {
        const SIMILARITIES: [&str; 4] = ["cosine", "dot", "euclidean", "manhattan"];
        self.named_api()?;
        require("model", !self.model.is_empty(), "the model's name at the server", "none")?;
        require(
            "similarity",
            SIMILARITIES.contains(&self.similarity.as_str()),
            "cosine, dot, euclidean or manhattan",
            &self.similarity,
        )?;
        if let Some(dimensions) = self.dimensions {
            let expected = format!("1 to {MAX_DIM}");
            require("dimensions", (1..=MAX_DIM).contains(&dimensions), &expected, dimensions)?;
        }
        if let Some(chars) = self.max_text_chars {
            require("max_text_chars", chars > 0, "at least 1", chars)?;
        }
        if let Some(variable) = &self.key_env {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            let expected = "the name of a variable of the environment: letters, digits and _";
            // What stands there may be a key that was put in the wrong place.
            require("key_env", !variable.is_empty() && variable.bytes().all(fits), expected, "another text")?;
        }
        if let Some(header) = &self.key_header {
            let fits = ureq::http::HeaderName::from_bytes(header.as_bytes()).is_ok();
            require("key_header", fits, "the name of a header", "another text")?;
            require("key_header", self.key_env.is_some(), "key_env beside it", "none")?;
        }
        self.limits.check()
    }

    pub(super) fn named_api(&self) -> Result<NamedApi, Error> {
        NamedApi::find(&self.api).ok_or_else(|| Error::HttpSetting {
            name: "api",
            expected: embedding_apis().join(", "),
            found: format!("{:?}", self.api),
        })
    }
}

impl HttpLimits {
    fn check(&self) -> Result<(), Error> {
        let seconds = |name, value: f64, least: f64| {
            let expected = format!("{least} to {MAX_SECONDS} seconds");
            require(name, (least..=MAX_SECONDS).contains(&value), &expected, value)
        };
        require("batch_texts", self.batch_texts > 0, "at least 1", self.batch_texts)?;
        require("batch_chars", self.batch_chars > 0, "at least 1", self.batch_chars)?;
        let expected = format!("1 to {MAX_CONCURRENCY}");
        require(
            "concurrency",
            (1..=MAX_CONCURRENCY).contains(&self.concurrency),
            &expected,
            self.concurrency,
        )?;
        if let Some(rate) = self.requests_per_minute {
            require("requests_per_minute", (0.01..=1e6).contains(&rate), "0.01 to 1000000", rate)?;
        }
        require("retries", self.retries <= MAX_RETRIES, &format!("at most {MAX_RETRIES}"), self.retries)?;
        seconds("connect_seconds", self.connect_seconds, 0.001)?;
        seconds("request_seconds", self.request_seconds, 0.001)?;
        seconds("retry_seconds", self.retry_seconds, 0.0)?;
        seconds("max_retry_seconds", self.max_retry_seconds, 0.0)
    }
}

fn require(name: &'static str, holds: bool, expected: &str, found: impl ToString) -> Result<(), Error> {
    if holds {
        return Ok(());
    }
    Err(Error::HttpSetting { name, expected: expected.to_owned(), found: found.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named() -> HttpConfig {
        HttpConfig { model: "m".into(), ..HttpConfig::default() }
    }

    #[test]
    fn settings_are_read_back_as_they_were_written_and_unknown_ones_refused() {
        let config = HttpConfig { dimensions: Some(3), key_env: Some("KEY".into()), ..named() };
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<HttpConfig>(&text).unwrap(), config);
        for wrong in [r#"{"key": "x"}"#, r#"{"limits": {"retry": 1}}"#, r#"{"url": "nowhere"}"#] {
            assert!(serde_json::from_str::<HttpConfig>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_name() {
        named().check().unwrap();
        let with = |limits: HttpLimits| HttpConfig { limits, ..named() };
        let limits = HttpLimits::default;
        for (config, field) in [
            (HttpConfig::default(), "model"),
            (HttpConfig { api: "soap".into(), ..named() }, "api"),
            (HttpConfig { similarity: "maxsim".into(), ..named() }, "similarity"),
            (HttpConfig { dimensions: Some(0), ..named() }, "dimensions"),
            (HttpConfig { dimensions: Some(1 << 40), ..named() }, "dimensions"),
            (HttpConfig { max_text_chars: Some(0), ..named() }, "max_text_chars"),
            (HttpConfig { key_env: Some("sk-hunter2".into()), ..named() }, "key_env"),
            (HttpConfig { key_header: Some("api-key".into()), ..named() }, "key_header"),
            (
                HttpConfig { key_env: Some("K".into()), key_header: Some("a b".into()), ..named() },
                "key_header",
            ),
            (with(HttpLimits { batch_texts: 0, ..limits() }), "batch_texts"),
            (with(HttpLimits { batch_chars: 0, ..limits() }), "batch_chars"),
            (with(HttpLimits { concurrency: 0, ..limits() }), "concurrency"),
            (with(HttpLimits { concurrency: 1 << 20, ..limits() }), "concurrency"),
            (with(HttpLimits { requests_per_minute: Some(f64::NAN), ..limits() }), "requests_per_minute"),
            (with(HttpLimits { connect_seconds: 0.0, ..limits() }), "connect_seconds"),
            (with(HttpLimits { request_seconds: f64::INFINITY, ..limits() }), "request_seconds"),
            (with(HttpLimits { retry_seconds: -1.0, ..limits() }), "retry_seconds"),
            (with(HttpLimits { max_retry_seconds: f64::NAN, ..limits() }), "max_retry_seconds"),
            (with(HttpLimits { retries: 1000, ..limits() }), "retries"),
        ] {
            let error = config.check().unwrap_err();
            assert!(matches!(error, Error::HttpSetting { name, .. } if name == field), "{field}: {error}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
