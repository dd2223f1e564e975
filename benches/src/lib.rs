//! What the benches share: CPU time as the measure, by span too, what the machine can do at most, generated embeddings
//! with fixed seeds, and SciFact's texts.

mod cpu_time;
mod figures;
mod generated;
mod peak;
mod recall_and_speed;
mod scifact;
mod span_times;
mod token_texts;
mod vectors;

pub use cpu_time::CpuTime;
pub use figures::figure;
pub use generated::{low_intrinsic, uniform};
pub use peak::peak_gflops;
pub use recall_and_speed::{Failure, Measured, RecallAndSpeed, least_seconds};
pub use scifact::{scifact_abstracts, scifact_claims, sentences};
pub use span_times::SpanTimes;
pub use token_texts::{TokenTexts, one_by_one};
pub use vectors::{Vectors, with_norms};
