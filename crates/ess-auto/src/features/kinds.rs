//! The features of this crate: a file each.

pub(crate) mod dense;
pub(crate) mod dense_feedback;
pub(crate) mod dense_neighbours;
pub(crate) mod encoding;
pub(crate) mod lexical;
pub(crate) mod lexical_feedback;
pub(crate) mod lexical_neighbours;
pub(crate) mod lexical_title;
pub(crate) mod part;
pub(crate) mod passages;
pub(crate) mod scores;
pub(crate) mod tokens;
pub(crate) mod trained_module;
