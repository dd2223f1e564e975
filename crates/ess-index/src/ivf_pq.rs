//! The IVF-PQ index: product quantisation in an inverted file, with exact rescoring.

mod builder;
mod coder;
mod efforts;
mod inverted_file;
mod mutable;
mod pq;
mod rows;
mod scan;
mod search;
mod stored;
mod train;

use ess_core::{Capabilities, Effort, Embeddings, Hit, Index, MemoryUse, SearchParams};

pub use builder::IvfPqBuilder;
use coder::Coder;

use crate::cpu::InstructionSet;
use crate::live_rows::LiveRows;
use crate::memory_use::total;
use crate::storage::Storage;
use inverted_file::Lists;

/// Approximate maximum-inner-product search by product quantisation in an inverted file (IVF-PQ; Jégou, Douze and Schmid,
/// "Product Quantization for Nearest Neighbor Search", 2011), with exact rescoring.
///
/// - The inverted file skips most items: a query is compared with the items in the lists of the nearest centres
///   ([`Effort::nprobe`]; by default a sixteenth of the lists, at least 32).
/// - Items are projected onto the directions in which they differ most and coded in 4 bits for two dimensions. Decoded vectors
///   are scaled to the items' norms. Kernels for AVX-512 and AVX2 add up codes in registers.
/// - The best candidates ([`Effort::rescore`]; by default 8 for each hit, at least 64) are compared exactly with the items as
///   stored. So similarities are exact, and only an item that was no candidate can be missed.
///
/// Items may have any norm. Hits depend neither on the batch nor on the number of threads. [`IvfPqBuilder`] builds an index;
/// [`Index::tune`] finds the least effort for a recall.
///
/// ```
/// use ess_core::{Effort, Embeddings, Index, SearchParams};
/// use ess_index::{Progress, IvfPqBuilder};
///
/// let rows: Vec<[f32; 2]> = (0..500).map(|i| [(i as f32).sin(), (i as f32).cos()]).collect();
/// let builder = IvfPqBuilder { lists: Some(20), ..IvfPqBuilder::default() };
/// let index = builder.build(Embeddings::from_rows(&rows)?, Progress::Silent)?;
/// let effort = Effort { nprobe: Some(4), rescore: Some(30), ..Effort::default() };
/// let hits = index.search_with(&Embeddings::from_rows(&[rows[7]])?, 1, &SearchParams::from(effort))?;
/// assert!(hits[0][0].similarity > 0.999);
/// # Ok::<(), ess_core::Error>(())
/// ```
///
/// Items that are added later are coded with the centres trained on the first items. Build the index again when later items
/// follow another distribution. With a filter that admits few items, these are compared exactly.
#[derive(Clone, Debug)]
#[doc(alias = "QuantisedIndex")]
pub struct IvfPqIndex {
    coder: Coder,
    // What came at once, and what was added later, the largest first; at least one.
    segments: Vec<Lists>,
    live: LiveRows,
    instructions: InstructionSet,
}

impl IvfPqIndex {
    fn new(coder: Coder, segments: Vec<Lists>, live: LiveRows) -> Self {
        Self { coder, segments, live, instructions: InstructionSet::detect() }
    }

    /// The number format of the items themselves.
    pub fn storage(&self) -> Storage {
        self.segments[0].rows().storage()
    }

    /// The number of lists of the inverted file; 1 without an inverted file.
    pub fn lists(&self) -> usize {
        self.coder.centres.len()
    }

    /// The number of 4-bit codes of each item.
    pub fn codes(&self) -> usize {
        self.coder.codebooks.codes()
    }
}

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
