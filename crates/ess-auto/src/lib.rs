#![doc = include_str!("../README.md")]

mod ascent;
mod auto;
mod auto_folder;
mod auto_module;
mod auto_searcher;
mod batch;
mod budget;
mod candidates;
mod collection;
mod config;
mod error;
mod folds;
mod head;
mod journal;
mod memory;
mod passes;
mod report;
mod selection;
mod signal;
mod table;
mod training_queries;
mod trial;

pub use auto::Auto;
pub use auto_module::AutoModule;
pub use auto_searcher::AutoSearcher;
pub use collection::Collection;
pub use config::{AutoConfig, HeadConfig};
pub use error::Error;
pub use folds::{FoldEvidence, FoldKind};
pub use report::{AutoReport, SkippedTrial, TrialSummary};
pub use selection::{Choice, GroupGain};
pub use signal::{Signal, Weights};
pub use training_queries::TrainingQueries;
pub use trial::Variant;
