//! Flags that several commands have.

pub(crate) mod device;
pub(crate) mod further;
pub(crate) mod kind_parser;
pub(crate) mod losses;
pub(crate) mod paths;
#[cfg(feature = "relations")]
pub(crate) mod relation_model;
pub(crate) mod sides;
pub(crate) mod stored_as;
#[cfg(feature = "encoders")]
pub(crate) mod training_texts;
#[cfg(feature = "encoders")]
pub(crate) mod url;
