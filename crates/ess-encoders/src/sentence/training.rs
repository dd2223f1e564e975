//! Training of whole encoders on texts.

mod config;
mod encoder_parts;
mod frozen;
mod looks;
mod pooling_gradient;
mod report;
mod run;
mod step_items;
mod trained;
mod trainer;
mod vector_network;
mod vector_shape;

pub use config::{TextTrainingConfig, Towers};
pub use report::TextTrainingReport;
pub use trained::TrainedEncoder;
pub use trainer::EncoderTrainer;
