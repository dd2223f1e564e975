//! Qdrant, over gRPC.

mod claims;
mod collection;
mod config;
mod engine;
mod failure;
mod named;
mod point;

pub use config::QdrantConfig;
pub use engine::Qdrant;
