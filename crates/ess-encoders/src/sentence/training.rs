//! Training of whole encoders on texts.

mod config;
mod counted_encoder;
mod encoder_parts;
mod frozen;
mod frozen_items;
mod looked_run;
mod looks;
mod pooling_gradient;
mod report;
mod run;
mod side_tokens;
mod step_items;
mod trained;
mod trainer;
mod vector_network;
mod vector_shape;

pub use config::{TextTrainingConfig, Towers};
pub use frozen_items::FrozenItems;
pub use report::TextTrainingReport;
pub use trained::TrainedEncoder;
pub use trainer::EncoderTrainer;
