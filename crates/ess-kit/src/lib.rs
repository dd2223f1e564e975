#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "search")]
pub use burn;
#[cfg(feature = "auto")]
pub use ess_auto as auto;
pub use ess_core as core;
pub use ess_data as data;
#[cfg(feature = "diagnostics")]
pub use ess_diagnostics as diagnostics;
#[cfg(feature = "encoders")]
pub use ess_encoders as encoders;
#[cfg(feature = "engines")]
pub use ess_engines as engines;
pub use ess_files as files;
pub use ess_index as index;
#[cfg(feature = "lexical")]
pub use ess_lexical as lexical;
#[cfg(feature = "linalg")]
pub use ess_linalg as linalg;
pub use ess_metrics as metrics;
#[cfg(feature = "relations")]
pub use ess_relations as relations;
#[cfg(feature = "search")]
pub use ess_search as search;
#[cfg(feature = "searchers")]
pub use ess_searchers as searchers;
#[cfg(feature = "testing")]
pub use ess_testing as testing;
#[cfg(feature = "train")]
pub use ess_train as train;

mod dataset;
mod error;
mod evaluation;
mod leakage;
pub mod prelude;
mod searchable;

#[cfg(feature = "search")]
mod device_choice;
#[cfg(feature = "searchers")]
mod feedback;
#[cfg(feature = "train")]
mod judged_queries;
#[cfg(feature = "search")]
mod load_module;
#[cfg(feature = "train")]
mod open_modules;
#[cfg(feature = "train")]
mod runs;
#[cfg(feature = "train")]
mod stored_encoding;
#[cfg(feature = "train")]
mod training;

pub use dataset::{Dataset, Passages};
pub use error::Error;
pub use evaluation::{MEASURES, evaluate};
pub use leakage::{GroupGain, Leakage};
pub use searchable::searchable;

#[cfg(feature = "search")]
pub use device_choice::{DeviceChoice, opened::OpenedDevice};
#[cfg(feature = "train")]
pub use ess_train::near_duplicates;
#[cfg(feature = "train")]
pub use judged_queries::JudgedQueries;
#[cfg(feature = "search")]
pub use load_module::{load_module, load_module_on};
#[cfg(feature = "train")]
pub use open_modules::{OpenedModules, open_modules};
#[cfg(feature = "train")]
pub use stored_encoding::StoredEncoding;
#[cfg(feature = "train")]
pub use training::Training;
