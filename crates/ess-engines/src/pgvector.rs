//! PostgreSQL with the extension pgvector.

mod append;
mod config;
mod connection;
mod engine;
mod named;
mod session;
mod table;

pub use config::{Hnsw, PgVectorConfig};
pub use engine::PgVector;
