//! Architectures beyond BERT's six against sentence-transformers: see golden/make_architectures.py.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "with --nocapture the tests say how close they come")]

mod added_tokens;
mod agreement;
mod cases;
#[path = "../folder/mod.rs"]
mod folder;
mod published;
mod refused;
mod weights;
