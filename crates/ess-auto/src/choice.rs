//! What is taken of what was tried, kept, and searched with.

pub(crate) mod auto_module;
pub(crate) mod auto_searcher;
pub(crate) mod candidate;
mod evidence;
pub(crate) mod folder;
#[cfg(test)]
mod judged_as_deployed;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod selection;
mod several;
#[cfg(test)]
mod simulated_choices;
pub(crate) mod simultaneous;
#[cfg(test)]
mod small_trials;
