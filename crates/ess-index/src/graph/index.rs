//! The graph index: items, codes of them, and the graph over both.

use std::sync::{Mutex, PoisonError};

use super::builder::GraphBuilder;
use super::default_recall::DefaultRecall;
use super::links::Links;
use super::points::Points;
use super::scratch::Scratch;
use super::space::Space;
use super::starts::Starts;
use super::survey::Survey;
use crate::kernels::codes::Codes;
use crate::live_rows::LiveRows;
use crate::rows::Rows;

/// Approximate maximum-inner-product search by greedy walks over a Vamana graph (Subramanya et al., "DiskANN", 2019), which
/// compare a query with a small share of the items.
///
/// A walk compares int8 codes. Its candidates are then compared exactly, so similarities are those of
/// [`FlatIndex`](crate::FlatIndex) to the bit; an answer can only miss items. [`Effort::ef_search`](ess_core::Effort::ef_search) trades recall for time.
/// Items may have any norm. Hits do not depend on the batch or the number of threads.
///
/// The default number of candidates is chosen when the graph is built: the smallest that finds 97 % of the best items of trial
/// queries, at least 64 and at least `k`. Trial queries are items that do not count as hits, items moved towards others, and
/// sums of four items. The kind with the lowest recall decides; sums ask for no more than six times the minimum of candidates
/// (384 for ten hits, 600 for a hundred). So items of different norms, near duplicates and queries between items cost time, not
/// recall. Where int8 codes cannot tell neighbours apart, walks compare the items' components.
///
/// Queries unlike all of these may find less. The recall of the default effort is therefore measured for queries in random
/// directions too. [`GraphIndex::default_recall`] says it, and building logs through `tracing` where it is below .95.
/// [`Index::tune`](ess_core::Index::tune) measures the recall of queries of your own, and finds the effort that they need.
///
/// All admitted items are compared, and the answer is exact, where a walk would not be shorter: with few items, a filter that
/// admits few, or a large `k`. An item that occurs many times needs more candidates than it has copies. Walks still pass
/// through removed items; after many removals [`compact`](ess_core::MutableIndex::compact) builds the graph again.
///
/// The index takes 5 bytes for each component (4 for the row, 1 for its int8 code), and 4 bytes for each of
/// [`GraphBuilder::degree`] neighbours.
///
/// ```
/// use ess_core::{Embeddings, Index};
/// use ess_index::{FlatIndex, GraphBuilder, Progress};
///
/// let circle = |n: usize| Embeddings::from_rows(&Vec::from_iter((0..n).map(|i| {
///     let angle = i as f32 / n as f32 * std::f32::consts::TAU;
///     [angle.cos(), angle.sin()]
/// })));
/// let (items, queries) = (circle(1000)?, circle(77)?);
/// let exact = FlatIndex::new(items.clone())?;
/// let index = GraphBuilder::default().build(items, Progress::Silent)?;
/// let tuned = index.tune(&exact, &queries, 5, 0.95)?;
/// assert!(tuned.recall >= 0.95);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Debug)]
#[doc(alias = "Vamana")]
#[doc(alias = "DiskANN")]
pub struct GraphIndex {
    pub(super) builder: GraphBuilder,
    pub(super) rows: Rows,
    pub(super) codes: Codes,
    pub(super) space: Option<Space>,
    pub(super) radius: f32,
    pub(super) links: Links,
    pub(super) starts: Starts,
    pub(super) survey: Survey,
    pub(super) default_recall: Option<DefaultRecall>,
    pub(super) live: LiveRows,
    pub(super) walks: Mutex<Vec<Scratch>>,
}

impl GraphIndex {
    pub(super) fn new(
        builder: GraphBuilder,
        rows: Rows,
        codes: Codes,
        space: Space,
        links: Links,
        starts: Starts,
        survey: Survey,
    ) -> Self {
        let live = LiveRows::all(rows.len());
        let (radius, space) = (space.radius, Some(space));
        Self {
            builder,
            rows,
            codes,
            space,
            radius,
            links,
            starts,
            survey,
            default_recall: None,
            live,
            walks: Mutex::default(),
        }
    }

    /// The settings that the index was built with.
    pub fn builder(&self) -> &GraphBuilder {
        &self.builder
    }

    /// The recall of the default effort, as it was measured when that was chosen: at building, at
    /// [`compact`](ess_core::MutableIndex::compact), and when as many items have been added as there were. Items that
    /// were removed before count as if they were there.
    ///
    /// `None` where it was not measured: up to 1000 items, and an index from a file that an earlier release wrote.
    pub fn default_recall(&self) -> Option<DefaultRecall> {
        self.default_recall
    }

    pub(super) fn points(&self) -> Points<'_> {
        Points::new(&self.rows, &self.codes, self.survey.exactly)
    }

    pub(super) fn take_scratch(&self) -> Scratch {
        self.walks.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    pub(super) fn give_scratch(&self, scratch: Scratch) {
        self.walks.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
    }
}

impl Clone for GraphIndex {
    fn clone(&self) -> Self {
        Self {
            builder: self.builder,
            rows: self.rows.clone(),
            codes: self.codes.clone(),
            space: self.space.clone(),
            radius: self.radius,
            links: self.links.clone(),
            starts: self.starts.clone(),
            survey: self.survey,
            default_recall: self.default_recall,
            live: self.live.clone(),
            walks: Mutex::default(),
        }
    }
}
