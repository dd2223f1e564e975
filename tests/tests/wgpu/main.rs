//! The same f_search on a wgpu device: every module, loss and encoder agrees with the CPU, and what is trained on the one
//! is used on the other.
//!
//! Any device will do, a software one as well; `docs/devices.md` says how to get one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agreement;
mod devices;
mod encoders;
mod gradients;
mod index;
mod limits;
mod losses;
mod modules;
mod steps;
mod task;
mod transfer;
