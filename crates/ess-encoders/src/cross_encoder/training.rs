//! Training of cross-encoders on pairs of texts.

pub(crate) mod config;
mod config_json;
mod head;
mod lists;
mod looks;
mod loss;
mod network;
mod parts;
pub(crate) mod report;
mod run;
pub(crate) mod texts;
pub(crate) mod trained;
pub(crate) mod trainer;
