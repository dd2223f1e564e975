//! The IVF-PQ index: what was learnt from items, and the items by list.

use super::coder::Coder;
use super::inverted_file::lists::Lists;
use crate::cpu::InstructionSet;
use crate::live_rows::LiveRows;
use crate::storage::Storage;

/// Approximate maximum-inner-product search by product quantisation in an inverted file (IVF-PQ; Jégou, Douze and Schmid,
/// "Product Quantization for Nearest Neighbor Search", 2011), with exact rescoring.
///
/// - The inverted file skips most items: a query is compared with the items in the lists of the nearest centres
///   ([`Effort::nprobe`](ess_core::Effort::nprobe); by default a sixteenth of the lists, at least 32).
/// - Items are projected onto the directions in which they differ most and coded in 4 bits for two dimensions. Decoded vectors
///   are scaled to the items' norms. Kernels for AVX-512 and AVX2 add up codes in registers.
/// - The best candidates ([`Effort::rescore`](ess_core::Effort::rescore); by default 8 for each hit, at least 64) are compared exactly with the items as
///   stored. So similarities are exact, and only an item that was no candidate can be missed.
///
/// Items may have any norm. Hits depend neither on the batch nor on the number of threads. [`IvfPqBuilder`](crate::IvfPqBuilder) builds an index;
/// [`Index::tune`](ess_core::Index::tune) finds the least effort for a recall.
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
    pub(super) coder: Coder,
    // What came at once, and what was added later, the largest first; at least one.
    pub(super) segments: Vec<Lists>,
    pub(super) live: LiveRows,
    pub(super) instructions: InstructionSet,
}

impl IvfPqIndex {
    pub(super) fn new(coder: Coder, segments: Vec<Lists>, live: LiveRows) -> Self {
        Self { coder, segments, live, instructions: InstructionSet::detect() }
    }

    /// The storage format of the items.
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
