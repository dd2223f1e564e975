//! The inverted file: lists of items that are near the same centre, so that a query looks into the nearest lists only.

mod best;
mod kmeans;
mod lists;
mod projection;
mod reach;

pub(crate) use best::Best;
pub(crate) use kmeans::KMeans;
pub(crate) use lists::{CodedItems, Lists, Part, Sizes};
pub(crate) use projection::Projection;
pub(crate) use reach::{Found, reaching};
