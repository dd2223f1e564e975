//! Training on frozen embeddings: losses, recipes, observers, checkpoints. One program, because Burn's code is long to
//! compile into each of many.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod checkpoints;
mod closed_form;
mod definitions;
mod item_side;
mod losses;
mod null;
mod observers;
mod recipe_settings;
mod recipes;
mod scored;
mod softmax;
mod trainer;
