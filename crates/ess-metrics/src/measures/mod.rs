//! The measures, one a file.

mod average_precision;
mod cutoff;
mod judged;
mod measure;
mod named;
mod ndcg;
mod precision;
mod r_precision;
mod recall;
mod reciprocal_rank;
mod success;

pub use average_precision::AveragePrecision;
pub use cutoff::Cutoff;
pub use judged::Judged;
pub use measure::Measure;
pub use named::NamedMeasure;
pub use ndcg::{Gain, Ndcg};
pub use precision::Precision;
pub use r_precision::RPrecision;
pub use recall::Recall;
pub use reciprocal_rank::ReciprocalRank;
pub use success::Success;
