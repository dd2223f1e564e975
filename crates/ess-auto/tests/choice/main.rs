//! Choosing, saving, loading and searching, on generated data and on SciFact.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod damage;
mod encodings;
mod features;
mod folder;
mod generated;
mod golden;
mod inputs;
mod journal;
mod measuring;
mod null;
mod other_collections;
mod own_encodings;
mod passages;
mod scifact;
mod scores;
mod search_budget;
mod titles;
mod tokens;
mod trained_modules;
