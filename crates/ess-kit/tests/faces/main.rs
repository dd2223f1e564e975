//! What the faces of the crate refuse, and what they say then.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_datasets;
mod bad_judgements;
mod bad_kinds;
mod bad_values;
#[cfg(feature = "encoders")]
mod encoded;
mod folder;
mod leaked;
