//! Exact search that reads one byte for each component: int8 items with a bound on the rounding error.
//!
//! Of a query `q = q̂ + δq` and an item `x = x̂ + δx`, rounded to `q̂` and `x̂`,
//! `|⟨q, x⟩ − ⟨q̂, x̂⟩| ≤ ‖δq‖ ‖x̂‖ + ‖q‖ ‖δx‖` (Cauchy and Schwarz). The k-th largest lower bound is a threshold: an item whose
//! upper bound is below it cannot be among the k best. The others, some dozens, are compared in `f32`. So hits
//! are those of [`Storage::F32`](crate::Storage::F32), to the bit.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod bounds;
mod candidates;
mod dispatch;
mod items;
#[cfg(target_arch = "aarch64")]
mod neon;
mod offer;
mod packed;
mod panels;
mod portable;
#[cfg(target_arch = "aarch64")]
mod sdot;
mod search;
#[cfg(target_arch = "x86_64")]
mod vnni;

pub(crate) use items::Int8Items;
