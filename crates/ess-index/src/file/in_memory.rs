//! How much memory arrays take that may be in a file.

use bytemuck::Pod;
use ess_core::MemoryUse;
use ess_files::Values;

/// Values that say how much memory they take, and where.
pub(crate) trait InMemory {
    fn memory_use(&self) -> MemoryUse;
}

impl<T: Pod> InMemory for Values<T> {
    fn memory_use(&self) -> MemoryUse {
        MemoryUse { owned: self.owned_bytes(), mapped: self.mapped_bytes() }
    }
}
