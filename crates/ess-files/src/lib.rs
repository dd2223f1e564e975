#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod atomic;
mod checksum;
mod claim;
mod envelope;
mod error;
mod file_lock;
mod folder;
mod folder_lock;
mod magic;
mod names;
mod partials;
mod permissions;
mod removed;
mod seal;
#[cfg(feature = "sections")]
mod sections;
mod set_aside;
mod target;
mod under_way;

pub use atomic::write_atomically;
pub use checksum::Checksum;
pub use envelope::Envelope;
pub use error::Error;
pub use file_lock::FileLock;
pub use folder::create_folder;
pub use folder_lock::FolderLock;
pub use magic::kind_of;
pub use partials::remove_partials;
pub use removed::remove_file;
pub use seal::{seal_json, unseal_json};
#[cfg(feature = "sections")]
pub use sections::{
    contents::SectionFile,
    format::Format,
    opening::Opening,
    values::Values,
    write::{Section, write_sections},
};
pub use set_aside::SetAside;
pub use under_way::{Stopped, stop_writing};
