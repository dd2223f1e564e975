#![doc = include_str!("../README.md")]

mod auto;
mod choice;
mod config;
mod error;
mod features;
mod input;
mod validation;

pub use auto::Auto;
pub use choice::{
    auto_module::AutoModule,
    auto_searcher::AutoSearcher,
    candidate::HeldOutGain,
    report::{AutoReport, SkippedTrial, TrialSummary},
    selection::Choice,
};
pub use config::{AutoConfig, TrainedModuleConfig};
pub use error::Error;
pub use features::{
    asked::Asked,
    feature::{Feature, LearnedFrom},
    search_cost::SearchCost,
    table::{register_encoding, register_feature, register_part, register_scores},
    weights::Weights,
};
pub use input::{
    auto_queries::AutoQueries, collection::Collection, encoding_kind::EncodingKind,
    further_queries::FurtherQueries, item_scores::ItemScores, training_queries::TrainingQueries,
    variant::Variant,
};
pub use validation::{
    folds::{FoldEvidence, FoldKind},
    too_dear::TooDear,
};
