//! Hosted models: embeddings that a server gives over HTTP.

mod answer;
mod api;
mod apis;
mod cache;
mod client;
mod config;
mod encoder;
mod key;
mod pace;
mod prepared;
mod served_vectors;
mod server_url;
mod waiting;

pub use api::{EmbeddingApi, EmbeddingRequest, TextRole};
pub use apis::{embedding_apis, register_embedding_api};
pub use config::{EmptyTexts, HttpConfig, HttpLimits};
pub use encoder::HttpEncoder;
pub use server_url::ServerUrl;
