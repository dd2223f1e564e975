//! Fits with a closed form, and the linear algebra that they come down to.

pub(crate) mod affine_map;
pub(crate) mod backend;
pub(crate) mod cca;
pub(crate) mod concept_erasure;
pub(crate) mod faer_backend;
#[cfg(feature = "openblas-system")]
pub(crate) mod lapack_backend;
pub(crate) mod linear_algebra;
pub(crate) mod moments;
pub(crate) mod pairs;
pub(crate) mod principal_components;
pub(crate) mod procrustes;
pub(crate) mod ridge;
pub(crate) mod spectrum;
pub(crate) mod whitening;
