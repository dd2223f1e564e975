//! The embedding store: ids, an `n × d` matrix and perhaps token states in one safetensors file.

mod embedding_store;
mod header;
mod layout;
pub(crate) mod mapped;
mod shape;
mod token_states;
mod verification;
mod write;
mod write_tokens;

pub use embedding_store::EmbeddingStore;
pub use mapped::MappedStore;
pub use write::{store_bytes, write_store, write_store_in_batches};
pub use write_tokens::{TokenStoreShape, write_token_store, write_token_store_in_batches};
