//! What the benches share: CPU time as the measure, and generated embeddings with fixed seeds.

mod cpu_time;
mod generated;

pub use cpu_time::CpuTime;
pub use generated::{low_intrinsic, uniform};
