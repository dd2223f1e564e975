#![doc = include_str!("../README.md")]

mod calibrated_link;
mod embeddings;
mod encoder;
mod encoding;
mod error;
mod exact_index;
mod hit;
mod ids;
mod index;
mod isotonic_link;
mod link;
mod module_set;
mod name_table;
mod relevance_model;
mod retriever;
mod scoring;
mod search_module;
mod searcher;
mod sentence_identity;
mod similarity;
mod token_states;
mod top_k;

pub use calibrated_link::CalibratedLink;
pub use embeddings::Embeddings;
pub use encoder::{EncoderFn, ItemEncoder, QueryEncoder};
pub use encoding::Encoding;
pub use error::Error;
pub use exact_index::ExactIndex;
pub use hit::Hit;
pub use ids::Ids;
pub use index::{
    capabilities::Capabilities, definition::Index, effort::Effort, filter::Filter, memory_use::MemoryUse,
    mutable::MutableIndex, persistent::PersistentIndex, recall::Tuned, row_set::RowSet,
    search_params::SearchParams,
};
pub use isotonic_link::IsotonicLink;
pub use link::{Link, Sigmoid};
pub use module_set::{ModuleSet, SharedModule};
pub use name_table::{NameError, NameTable};
pub use relevance_model::RelevanceModel;
pub use retriever::Retriever;
pub use scoring::{definition::Scoring, mixture::Mixture, neurons::Neurons, scored::Scored};
pub use search_module::{Compose, Identity, MatrixModule, SearchModuleFn, definition::SearchModule};
pub use searcher::{IndexSearcher, Searcher};
pub use sentence_identity::SentenceIdentity;
pub use similarity::{Cosine, InnerProduct, Similarity};
pub use token_states::TokenStates;
pub use top_k::TopK;
