//! The flags of `ess serve-embeddings`.

use std::net::IpAddr;

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::arguments::device::DeviceArguments;

const EXAMPLES: &str = "\
Examples:
  ess serve-embeddings --model path/to/all-MiniLM-L6-v2
  ess serve-embeddings --model path/to/model --prompt query --port 0 --json address.json
  curl http://127.0.0.1:8080/v1/embeddings -d '{\"model\": \"all-MiniLM-L6-v2\", \"input\": [\"a text\"]}'";

/// Serve a model's embeddings over HTTP, as OpenAI and text-embeddings-inference do.
///
/// POST /v1/embeddings and POST /embed (or /) give embeddings; GET /health, /info and /v1/models say what is served. Texts that are too
/// long for the model are cut, by /embed only where `truncate` says so. One batch is computed at a time, on all cores
/// (RAYON_NUM_THREADS sets how many). It ends on Ctrl-C. There is no encryption and no key: where others than this machine are to
/// reach it, put a proxy before it that has both.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The model: a sentence-transformers folder, or the name of one on the Hugging Face hub (build with --features hub).
    #[arg(long, value_name = "DIR|NAME")]
    pub(super) model: String,
    /// The address to listen at.
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub(super) host: IpAddr,
    /// The port to listen at; 0 takes a free one, which is said.
    #[arg(long, default_value_t = 8080)]
    pub(super) port: u16,
    /// The model's prompt that is put before texts of requests that name none. /embed names one by `prompt_name`.
    #[arg(long, default_value = "none")]
    pub(super) prompt: PromptName,
    /// Cut texts to so many tokens, special ones counted. Default: what the model says.
    #[arg(long, value_name = "TOKENS")]
    pub(super) max_tokens: Option<usize>,
    /// Texts of a request at most.
    #[arg(long, default_value_t = 2048, value_name = "TEXTS")]
    pub(super) max_texts: usize,
    /// Mebibytes of a request's body at most.
    #[arg(long, default_value_t = 8, value_name = "MIB")]
    pub(super) max_body: usize,
    /// Requests that are read, wait or are computed at once; one more is refused with status 429.
    #[arg(long, default_value_t = 32, value_name = "REQUESTS")]
    pub(super) queue: usize,
    /// Connections at once; more wait until one ends.
    #[arg(long, default_value_t = 256)]
    pub(super) connections: usize,
    /// Seconds from the head of a request until its body has come and its embeddings are computed, at most; what is not there by
    /// then is given up. An answer of which nothing is taken for so long, or for 30 seconds, is given up too.
    #[arg(long, default_value_t = 120.0, value_name = "SECONDS")]
    pub(super) time_limit: f64,
    #[command(flatten)]
    pub(super) device: DeviceArguments,
}

/// One of the model's prompts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PromptName {
    /// None of them.
    None,
    /// That of queries.
    Query,
    /// That of documents, which items have.
    Document,
}

impl Arguments {
    pub(super) fn check(&self) -> Result<()> {
        for (flag, value, most) in [
            ("--max-texts", self.max_texts, 1 << 20),
            ("--max-body", self.max_body, 1 << 10),
            ("--queue", self.queue, 1 << 16),
            ("--connections", self.connections, 1 << 16),
        ] {
            ensure!((1..=most).contains(&value), "{flag}: expected 1 to {most}, found {value}");
        }
        let limit = self.time_limit;
        ensure!(
            (0.1..=86_400.0).contains(&limit),
            "--time-limit: expected 0.1 to 86400 seconds, found {limit}"
        );
        Ok(())
    }
}
