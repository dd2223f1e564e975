//! The library that this build fits with.

#[cfg(not(feature = "openblas-system"))]
use super::faer_backend::Faer as Backend;
#[cfg(feature = "openblas-system")]
use super::lapack_backend::Lapack as Backend;
use super::linear_algebra::LinearAlgebra;

/// The library that this build fits with: faer, or LAPACK with the feature `openblas-system`.
pub fn linear_algebra() -> &'static dyn LinearAlgebra {
    &Backend
}
