//! The IVF-PQ index: product quantisation in an inverted file, with exact rescoring.

pub(crate) mod builder;
mod coder;
mod efforts;
pub(crate) mod index;
mod inverted_file;
mod mutable;
mod pq;
mod rows;
mod scan;
mod search;
mod stored;
mod train;

use ess_core::{Capabilities, Effort, Embeddings, Hit, Index, MemoryUse, SearchParams};

use crate::memory_use::total;
use index::IvfPqIndex;
use inverted_file::lists::Lists;

impl Index for IvfPqIndex {
    fn dim(&self) -> usize {
        self.coder.projection.dim()
    }

    fn len(&self) -> usize {
        self.live.len()
    }

    fn rows(&self) -> usize {
        self.live.rows()
    }

    /// As [`Index::search_with`].
    ///
    /// # Errors
    /// As [`Index::search_with`], and [`ess_core::Error::NonFinite`] when the similarity of a candidate overflows.
    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, ess_core::Error> {
        let k = self.check_search(queries, k)?;
        params.effort.check()?;
        self.search_admitted(queries, k, params)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            any_norm: true,
            filter: true,
            add: true,
            remove: true,
            save: true,
            nprobe: true,
            rescore: true,
            ..Capabilities::default()
        }
    }

    fn memory_use(&self) -> Option<MemoryUse> {
        let learnt = MemoryUse { owned: self.coder.bytes(), mapped: 0 };
        Some(total(self.segments.iter().map(Lists::memory_use).chain([learnt])))
    }

    fn efforts(&self, k: usize) -> Vec<Effort> {
        efforts::efforts(self, k)
    }
}
