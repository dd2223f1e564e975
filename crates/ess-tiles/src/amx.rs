//! Intel's Advanced Matrix Extensions.

pub(crate) mod allowed;
pub(crate) mod byte_products;
pub(crate) mod configured;
pub(crate) mod float_products;
pub(crate) mod lay_out;
pub(crate) mod multiply;
pub(crate) mod panels;
pub(crate) mod split;
pub(crate) mod transpose;
