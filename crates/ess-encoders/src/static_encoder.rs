//! A table of token vectors instead of a transformer.

#[cfg(feature = "distil")]
mod distil;
mod encoder;
mod save;
mod table;

#[cfg(feature = "distil")]
pub use distil::DistilConfig;
pub use encoder::StaticEncoder;
