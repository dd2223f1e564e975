//! Encoders of texts and images: folders of models against the libraries that made them, and folders that are none. One
//! program, because they share what is long to compile.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "with --nocapture the tests say how close they come")]

mod adapters;
mod architectures;
mod bad_folders;
mod colbert;
mod conformance;
mod cross_encoders;
mod cross_training;
mod distil;
mod folder;
mod golden;
mod hostile_folders;
mod image_encoder;
mod image_files;
mod precision;
mod representations;
mod routers;
mod settings;
mod sparse;
mod split;
mod torch_files;
mod training;
mod word_vectors;
