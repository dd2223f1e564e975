//! A table of token vectors instead of a transformer.

#[cfg(feature = "distil")]
mod distil;
pub(crate) mod encoder;
mod from_words;
mod module;
mod save;
mod table;

#[cfg(feature = "distil")]
pub use distil::DistilConfig;
pub use encoder::StaticEncoder;
pub use from_words::WordsConfig;
