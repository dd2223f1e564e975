//! Inner products of many queries with many items: exact search spends its time here.
//!
//! Every similarity is the sum of `query[i] * item[i]` in the order `i = 0, 1, …, d - 1`, in one `f32`, and nothing
//! else. So it depends on the pair alone: not on the batch, the block or the thread that it is computed in. On one
//! machine all vector instruction sets agree bit for bit; only the portable kernel may round differently
//! (once more for each product where the target has no fused multiply-add).
//!
//! SIMD runs across items: [`Panels`](panels::Panels) interleaves [`LANES`](lanes::LANES) items, so that one load brings dimension `i` of all of
//! them and no sum is ever taken across a register. Where rows are seen once, as tokens of candidates are, it runs across queries
//! instead ([`QueryStrips`](query_strips::QueryStrips)).

#[cfg(test)]
mod agreement;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
mod dispatch;
pub(crate) mod element;
mod huge_pages;
pub(crate) mod lanes;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
mod overlapping;
pub(crate) mod packed_queries;
pub(crate) mod panels;
mod portable;
pub(crate) mod products;
pub(crate) mod query_strips;
pub(crate) mod scan;
pub(crate) mod strip;
