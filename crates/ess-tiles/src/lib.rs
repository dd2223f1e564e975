#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(all(target_arch = "x86_64", target_os = "linux")),
    allow(dead_code, unreachable_code, reason = "there is no tile unit, and no value of `Tiles`")
)]

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx;
mod block;
mod byte_sizes;
mod bytes;
mod columns;
mod line;
mod matrix;
mod operands;
mod panels;
mod parts;
mod product;
mod rows;
mod tiles;

pub use block::{BLOCK_COLUMNS, BLOCK_ROWS, Block};
pub use byte_sizes::{BYTE_COLUMNS, BYTE_ROWS, BYTE_STEP};
pub use bytes::ByteProducts;
pub use columns::Columns;
pub use matrix::Matrix;
pub use panels::PanelColumns;
pub use parts::Parts;
pub use rows::Rows;
pub use tiles::Tiles;
