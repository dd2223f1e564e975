//! Token vectors: compression, MaxSim, the first stage, files, MUVERA.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod compression;
mod files;
mod first_stage;
mod muvera;
mod words;
