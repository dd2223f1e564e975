#![doc = include_str!("../README.md")]

mod affine_map;
mod cca;
mod error;
mod faer_backend;
#[cfg(feature = "openblas-system")]
mod lapack_backend;
mod linear_algebra;
mod moments;
mod pairs;
mod principal_components;
mod procrustes;
mod ridge;
mod spectrum;
mod whitening;

pub use affine_map::AffineMap;
pub use cca::Cca;
pub use error::Error;
pub use faer_backend::Faer;
#[cfg(feature = "openblas-system")]
pub use lapack_backend::Lapack;
pub use linear_algebra::{LinearAlgebra, SymmetricEigen, ThinSvd, linear_algebra};
pub use moments::Moments;
pub use pairs::Pairs;
pub use principal_components::PrincipalComponents;
pub use procrustes::Procrustes;
pub use ridge::{LeaveOneOut, Ridge};
pub use spectrum::Spectrum;
pub use whitening::Whitening;
