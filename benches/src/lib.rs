//! What the benches share: CPU time as the measure, and generated embeddings with fixed seeds.

mod cpu_time;
mod generated;
mod recall_and_speed;

pub use cpu_time::CpuTime;
pub use generated::{low_intrinsic, uniform};
pub use recall_and_speed::{Failure, Measured, RecallAndSpeed};
