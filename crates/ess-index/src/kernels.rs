//! Inner products of queries with items, in the instructions that this processor has.
//!
//! Each kernel has a portable form and forms for instruction sets. Which one runs is decided by an
//! [`InstructionSet`](crate::cpu::InstructionSet), which exists only where its instructions were detected.

pub(crate) mod codes;
pub(crate) mod dot;
pub(crate) mod float;
#[cfg(target_arch = "aarch64")]
pub(crate) mod sdot;
