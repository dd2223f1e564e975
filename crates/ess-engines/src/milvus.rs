//! Milvus, over gRPC.

mod claims;
mod collection;
mod config;
mod engine;
mod failure;
mod fields;
mod loaded;
mod named;

pub use config::MilvusConfig;
pub use engine::Milvus;
