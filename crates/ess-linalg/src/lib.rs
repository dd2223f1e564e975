#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "fits")]
mod error;
#[cfg(feature = "fits")]
mod fits;
#[cfg(feature = "kernels")]
#[cfg_attr(docsrs, doc(cfg(feature = "kernels")))]
pub mod kernels;
mod minimum;

#[cfg(feature = "fits")]
pub use error::Error;
#[cfg(feature = "openblas-system")]
pub use fits::lapack_backend::Lapack;
#[cfg(feature = "fits")]
pub use fits::{
    affine_map::AffineMap,
    backend::linear_algebra,
    cca::Cca,
    concept_erasure::ConceptErasure,
    faer_backend::Faer,
    linear_algebra::{LinearAlgebra, SymmetricEigen, ThinSvd},
    moments::Moments,
    pairs::Pairs,
    principal_components::PrincipalComponents,
    procrustes::Procrustes,
    ridge::{LeaveOneOut, Ridge},
    spectrum::Spectrum,
    whitening::Whitening,
};
pub use minimum::{Smooth, minimise};
