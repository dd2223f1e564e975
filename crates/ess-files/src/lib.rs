#![doc = include_str!("../README.md")]

mod atomic;
mod checksum;
mod claim;
mod error;
mod file_lock;
mod folder;
mod folder_lock;
mod names;
mod partials;
mod seal;
mod target;
mod under_way;

pub use atomic::write_atomically;
pub use checksum::Checksum;
pub use error::Error;
pub use file_lock::FileLock;
pub use folder::create_folder;
pub use folder_lock::FolderLock;
pub use partials::remove_partials;
pub use seal::{seal_json, unseal_json};
pub use under_way::{Stopped, stop_writing};
