//! `--http`: a model at a server instead of a folder.

use std::path::PathBuf;

#[cfg(feature = "http")]
use anyhow::{Context, Result};
use clap::Args;

use crate::arguments::paths;

/// Which hosted model is asked, and how. The files of settings have the rest.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Hosted models")]
pub(crate) struct HostedArguments {
    /// Ask the model at this address instead of loading one (build with --features http), such as
    /// https://api.openai.com/v1 or http://127.0.0.1:8080.
    #[arg(long, value_name = "URL")]
    http: Option<String>,
    /// The model's name there. Of a server with one model (tei) too: the embeddings and the cache tell models apart by it.
    #[arg(long, value_name = "NAME", conflicts_with = "model")]
    http_model: Option<String>,
    /// The API there: openai, tei, cohere, voyage, or one that was registered [default: openai].
    #[arg(long, value_name = "NAME", conflicts_with = "model")]
    http_api: Option<String>,
    /// The variable of the environment that holds the server's key. Default: no key is sent.
    #[arg(long, value_name = "VARIABLE", conflicts_with = "model")]
    http_key_env: Option<String>,
    /// A file that keeps every vector that came, so that no text is sent twice, also by other runs.
    #[arg(long, value_name = "FILE", conflicts_with = "model", value_parser = paths::OUTPUT_FILE.written())]
    http_cache: Option<PathBuf>,
    /// A JSON file of settings, as HttpConfig of ess-encoders has them: prompts, dimensions, batches, rates, time limits,
    /// retries. Flags replace what it says.
    #[arg(long, value_name = "FILE", value_parser = paths::HTTP_SETTINGS.read())]
    http_settings: Option<PathBuf>,
}

impl HostedArguments {
    /// Whether a hosted model is asked for.
    pub(super) fn given(&self) -> bool {
        self.http.is_some() || self.http_settings.is_some()
    }

    /// The settings of the encoder.
    #[cfg(feature = "http")]
    pub(super) fn config(&self) -> Result<ess_encoders::HttpConfig> {
        let mut config = match &self.http_settings {
            None => ess_encoders::HttpConfig::default(),
            Some(path) => {
                let place = || format!("--http-settings {}", path.display());
                let text = crate::settings::written::written_text(path).with_context(place)?;
                crate::settings::written::from_object(&text).with_context(place)?
            }
        };
        if let Some(url) = &self.http {
            config.url = url.parse().context("--http")?;
        }
        for (setting, flag) in [(&mut config.model, &self.http_model), (&mut config.api, &self.http_api)] {
            if let Some(value) = flag {
                setting.clone_from(value);
            }
        }
        if self.http_key_env.is_some() {
            config.key_env.clone_from(&self.http_key_env);
        }
        if self.http_cache.is_some() {
            config.cache.clone_from(&self.http_cache);
        }
        config.check().context("--http")?;
        Ok(config)
    }
}
