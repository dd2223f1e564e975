//! Folders of object stores, read and written from programs that are not asynchronous.

mod address;
#[cfg(feature = "parquet")]
pub(crate) mod chunks;
mod connect;
pub(crate) mod error;
mod failure;
mod fetch;
pub(crate) mod folder;
mod http_client;
pub(crate) mod info;
mod put;
pub(crate) mod reader;
pub(crate) mod set;
mod set_manifest;
pub(crate) mod settings;
pub(crate) mod stored_file;
#[cfg(test)]
mod tests;
mod waiting;
