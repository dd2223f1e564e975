//! Fits with a closed form, as recipes.

pub(crate) mod cca;
mod checks;
pub(crate) mod components;
pub(crate) mod fit;
pub(crate) mod procrustes;
pub(crate) mod recipe;
pub(crate) mod ridge;
mod said_by_config;
pub(crate) mod targets;
mod weights;
pub(crate) mod whitening;
