//! How much memory an index takes.

use serde::Serialize;

/// Bytes that an index takes, in memory of its own and in files that are mapped.
///
/// ```
/// use ess_core::MemoryUse;
///
/// let memory = MemoryUse { owned: 1 << 20, mapped: 0 };
/// assert_eq!(memory.total(), 1 << 20);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MemoryUse {
    /// Bytes in memory of the process.
    pub owned: usize,
    /// Bytes of mapped files, which the operating system loads as they are read and may drop again.
    pub mapped: usize,
}

impl MemoryUse {
    /// Both together.
    pub fn total(&self) -> usize {
        self.owned + self.mapped
    }
}
