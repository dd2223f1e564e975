//! Training of whole encoders on texts.

mod adamw;
mod block;
mod cached_pass;
mod checkpoint;
mod config;
mod draws;
mod encoder_parts;
mod frozen;
mod layout;
mod looks;
mod network;
mod pooling_gradient;
mod progressed;
mod report;
mod run;
mod saving;
mod shape;
mod state;
mod step_items;
mod texts;
mod trained;
mod trainer;
mod weights_of_step;

pub use config::{TextTrainingConfig, Towers};
pub use report::TextTrainingReport;
pub use texts::JudgedTexts;
pub use trained::TrainedEncoder;
pub use trainer::EncoderTrainer;
