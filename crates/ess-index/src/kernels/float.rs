//! Inner products of many queries with many items: exact search spends its time here.
//!
//! Every similarity is the sum of `query[i] * item[i]` in the order `i = 0, 1, …, d - 1`, in one `f32`, and nothing
//! else. So it depends on the pair alone: not on the batch, the block or the thread that it is computed in. On one
//! machine all vector instruction sets agree bit for bit; only the portable kernel may round differently
//! (once more for each product where the target has no fused multiply-add).
//!
//! SIMD runs across items: [`Panels`] interleaves [`LANES`] items, so that one load brings dimension `i` of all of
//! them and no sum is ever taken across a register.

#[cfg(test)]
mod agreement;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod dispatch;
mod element;
mod huge_pages;
#[cfg(target_arch = "aarch64")]
mod neon;
mod packed_queries;
mod panels;
mod portable;
mod products;
mod scan;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Load256;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::Load512;
pub(crate) use element::Element;
#[cfg(target_arch = "aarch64")]
pub(crate) use neon::Load128;
pub(crate) use packed_queries::{PackedQueries, QueryBlock};
pub(crate) use panels::{PanelBlock, Panels};
pub(crate) use products::Products;
pub(crate) use scan::for_each_candidate;

/// How many items a panel interleaves.
pub(crate) const LANES: usize = 48;
