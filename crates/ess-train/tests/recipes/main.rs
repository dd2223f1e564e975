//! What every recipe promises, and what each has of its own.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod equal_members;
mod every_recipe;
mod own_promises;
mod parts;
mod seeds;
mod task;
