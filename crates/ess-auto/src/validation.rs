//! Nested cross-validation within a budget.

pub(crate) mod ascent;
pub(crate) mod budget;
pub(crate) mod folds;
pub(crate) mod journal;
pub(crate) mod judged;
pub(crate) mod nested;
pub(crate) mod pair_modules;
pub(crate) mod search_costs;
pub(crate) mod setting;
pub(crate) mod too_dear;
pub(crate) mod training;
pub(crate) mod trial;
pub(crate) mod trials;
