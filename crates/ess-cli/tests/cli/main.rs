//! The program, run as a person runs it: as a process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod automatic;
mod calibrate;
mod compare_hybrid;
mod compare_modules;
mod corrected;
mod device;
mod earlier_indexes;
#[cfg(feature = "encoders")]
mod encode;
mod engine;
mod every_module;
mod experiment;
mod experiment_architectures;
mod experiment_curve;
mod experiment_recover;
#[cfg(feature = "relations")]
mod experiment_relations;
mod experiment_scenarios;
mod experiment_spaces;
mod experiment_transfer;
mod feedback;
mod full_disk;
mod further_encoders;
mod help;
mod import;
#[cfg(feature = "encoders")]
mod import_words;
mod index;
mod interchange;
mod interrupted_training;
mod judgements;
mod kills;
mod output;
#[cfg(unix)]
mod pipes;
mod place;
mod program;
#[cfg(feature = "relations")]
mod relations;
#[cfg(feature = "encoders")]
mod rerank;
mod run_files;
mod saved_modules;
mod second_writer;
#[cfg(all(feature = "http", feature = "serve"))]
mod serve;
mod small_data;
mod train_and_evaluate;
#[cfg(feature = "encoders")]
mod train_cross_encoder;
#[cfg(feature = "encoders")]
mod train_encoder;
#[cfg(feature = "encoders")]
mod train_on_states;
#[cfg(feature = "encoders")]
mod train_rocketqa;
mod two_sides;
mod unequal_dimensions;
mod wrong_data;
mod wrong_modules;
mod wrong_paths;
mod wrong_settings;
