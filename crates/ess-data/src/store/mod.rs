//! The embedding store: ids and an `n × d` matrix in one safetensors file.

mod embedding_store;
mod layout;
mod mapped;
mod write;

pub use embedding_store::EmbeddingStore;
pub use mapped::MappedStore;
pub(crate) use mapped::map;
pub use write::{write_store, write_store_in_batches};
