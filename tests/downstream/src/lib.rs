//! A searching module written outside the workspace of ESS: a rotation, learned as one angle for each pair of
//! dimensions, and a search task that such a rotation solves.

mod pair_rotation;
mod rotated_task;

pub use pair_rotation::{PairRotation, PairRotationConfig};
pub use rotated_task::RotatedTask;
