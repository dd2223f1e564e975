//! Building blocks of several kinds.

pub(crate) mod init;
pub(crate) mod layers;
pub(crate) mod matrix_exponential;
pub(crate) mod skip;
pub(crate) mod unit;
