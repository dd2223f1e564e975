#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod colbert;
mod compute;
mod cross_encoder;
mod error;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "hub")]
mod hub;
mod image_encoder;
#[cfg(feature = "images")]
mod image_files;
mod model;
mod passage_splitter;
mod precomputed;
mod sentence;
mod sparse;
mod static_encoder;
mod token_counter;
#[cfg(feature = "train")]
mod training;
mod transformer;
mod weights;
mod word_vectors;

pub use colbert::ColbertEncoder;
pub use compute::precision::Precision;
#[cfg(feature = "train")]
pub use cross_encoder::training::{
    config::{PairLoss, PairTrainingConfig},
    report::PairTrainingReport,
    texts::PairTexts,
    trained::TrainedCrossEncoder,
    trainer::CrossEncoderTrainer,
};
pub use cross_encoder::{
    encoder::CrossEncoder,
    pair_cut::PairCut,
    query_texts::{QueryTexts, WithQueryTexts},
    searcher::CrossSearcher,
};
pub use error::Error;
pub use ess_lexical::{Bm25Config, Bm25Encoder, Language, SparseIndex, SparseVectors, TextAnalyzer};
#[cfg(feature = "http")]
pub use http::{
    EmbeddingApi, EmbeddingRequest, EmptyTexts, HttpConfig, HttpEncoder, HttpLimits, ServerUrl, TextRole,
    embedding_apis, register_embedding_api,
};
#[cfg(feature = "hub")]
pub use hub::Hub;
pub use image_encoder::ImageEncoder;
#[cfg(feature = "images")]
pub use image_files::ImageFileEncoder;
pub use model::Activation;
pub use passage_splitter::PassageSplitter;
pub use precomputed::PrecomputedEncoder;
pub use sentence::{
    DenseActivation, LateChunker, LayerEncoder, MergedEncoder, PoolingMode, Reading, Representation,
    RepresentationEncoder, RepresentationKind, RepresentedBlock, SentenceEncoder, TextStates, TokenEncoder,
    Tower, TwoTowerEncoder, register_representation, representations,
};
#[cfg(feature = "train")]
pub use sentence::{
    EncoderTrainer, FrozenItems, TextTrainingConfig, TextTrainingReport, Towers, TrainedEncoder,
};
#[cfg(feature = "split")]
pub use sentence::{HeadLayer, UpperLayers, UpperLayersConfig};
pub use sparse::SparseEncoder;
#[cfg(feature = "distil")]
pub use static_encoder::DistilConfig;
pub use static_encoder::{StaticEncoder, WordsConfig};
pub use token_counter::TokenCounter;
#[cfg(feature = "train")]
pub use training::texts::JudgedTexts;
pub use word_vectors::vectors::WordVectors;
