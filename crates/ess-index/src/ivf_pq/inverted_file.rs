//! The inverted file: lists of items near the same centre. A query is compared with the items of the nearest lists alone.

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
