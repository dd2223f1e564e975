//! What every kind of trainable module promises, asked of all of them by one list.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod gradients;
mod list;
mod promises;
mod wrong_configs;
