//! Embeddings over HTTP, from servers on this machine that behave and that do not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod apis;
mod kept;
mod secrets;
mod server;
mod texts;
mod wrong_answers;
