//! How sure a mean, or a difference between two systems, is.

mod bootstrap;
mod choice;
mod comparison;
mod differences;
mod draws;
mod holm;
mod proportion;
mod randomization;
mod scaled_systems;
mod studentised;
mod subset_means;
mod tails;
mod unseen_losses;

pub use bootstrap::Bootstrap;
pub use choice::{ChoiceEvidence, ChoiceTest};
pub use comparison::{Comparison, Family, Significance, compare, is_significant};
pub use holm::holm;
pub use proportion::proportion_interval;
pub use randomization::RandomizationTest;
pub use unseen_losses::UnseenLosses;
