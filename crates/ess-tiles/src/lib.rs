#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx;
mod bytes;
mod columns;
mod line;
mod matrix;
mod panels;
mod parts;
mod product;
mod rows;
mod tiles;

pub use bytes::{BYTE_COLUMNS, BYTE_ROWS, BYTE_STEP, ByteProducts};
pub use columns::Columns;
pub use matrix::Matrix;
pub use panels::PanelColumns;
pub use parts::Parts;
pub use product::{BLOCK_COLUMNS, BLOCK_ROWS, Block};
pub use rows::Rows;
pub use tiles::Tiles;
