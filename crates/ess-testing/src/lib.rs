#![doc = include_str!("../README.md")]

pub mod damage;
pub mod encoder;
mod generate;
pub mod index;
mod scratch;
pub mod search_module;
pub mod simulation;
mod small_disk;
mod vectors;

pub use scratch::Scratch;
pub use small_disk::SmallDisk;
