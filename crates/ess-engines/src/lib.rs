#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod append_id;
#[cfg(any(feature = "pgvector", feature = "milvus", feature = "qdrant"))]
mod blocking;
mod boxed;
#[cfg(any(feature = "milvus", feature = "qdrant"))]
mod claimed_collection;
mod collection_name;
mod engine;
mod engine_index;
mod error;
mod extent;
#[cfg(feature = "milvus")]
mod milvus;
mod named_engine;
mod named_settings;
#[cfg(feature = "pgvector")]
mod pgvector;
#[cfg(feature = "qdrant")]
mod qdrant;
#[cfg(any(test, feature = "milvus", feature = "qdrant"))]
mod reservation;
mod retry;
#[cfg(any(feature = "pgvector", feature = "milvus", feature = "qdrant"))]
mod secret;
mod settings;
mod table;
mod upload;
mod upload_record;
mod writer_lock;

pub use append_id::AppendId;
pub use collection_name::CollectionName;
pub use engine::{Admitted, Engine};
pub use engine_index::EngineIndex;
pub use error::Error;
pub use extent::Extent;
#[cfg(feature = "milvus")]
pub use milvus::{Milvus, MilvusConfig};
pub use named_engine::NamedEngine;
#[cfg(feature = "pgvector")]
pub use pgvector::{Hnsw, PgVector, PgVectorConfig};
#[cfg(feature = "qdrant")]
pub use qdrant::{Qdrant, QdrantConfig};
pub use settings::EngineSettings;
pub use table::{OpenedEngine, engines, open_engine, register_engine};
pub use upload::Upload;
pub use upload_record::UploadRecord;
