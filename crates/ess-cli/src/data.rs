//! Data by folder and file, and what is to be said of it.

pub(crate) mod beir_data_set;
pub(crate) mod beir_file;
#[cfg(feature = "encoders")]
pub(crate) mod beir_input;
pub(crate) mod beir_texts;
pub(crate) mod data_set_argument;
pub(crate) mod dataset;
pub(crate) mod file_checksum;
pub(crate) mod further;
#[cfg(feature = "encoders")]
pub(crate) mod item_texts;
#[cfg(feature = "encoders")]
pub(crate) mod judged_texts;
#[cfg(feature = "encoders")]
pub(crate) mod manifest;
#[cfg(feature = "encoders")]
pub(crate) mod model_folder;
#[cfg(feature = "encoders")]
pub(crate) mod model_name;
#[cfg(all(feature = "object-store", feature = "parquet"))]
mod parquet_objects;
pub(crate) mod parts;
#[cfg(feature = "encoders")]
pub(crate) mod ranked;
pub(crate) mod saved_module;
#[cfg(feature = "encoders")]
pub(crate) mod shard_files;
pub(crate) mod similarity_note;
pub(crate) mod split_data_set;
pub(crate) mod token_index;
