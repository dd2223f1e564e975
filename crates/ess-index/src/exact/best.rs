//! The best hits so far of several queries, while blocks of items are compared.

use ess_core::{Error, Hit, RowSet, TopK};

use crate::cpu::InstructionSet;
use crate::kernels::float::{
    element::Element,
    lanes::LANES,
    packed_queries::{PackedQueries, QueryBlock},
    panels::PanelBlock,
    scan::for_each_candidate,
    strip::Strip,
};

/// For each of several queries the best hits so far, and the first similarity that was not finite.
pub(super) struct Best {
    top: Vec<TopK>,
    overflow: Option<Overflow>,
    // Similarities of some queries with some items.
    similarities: Vec<f32>,
    strip: Strip,
}

#[derive(Clone, Copy)]
struct Overflow {
    query: usize,
    item: usize,
    value: f32,
}

impl Best {
    /// Nothing seen yet, for `queries` queries.
    pub(super) fn new(queries: usize, k: usize) -> Self {
        Self {
            top: vec![TopK::new(k); queries],
            overflow: None,
            similarities: Vec::new(),
            strip: Strip::default(),
        }
    }

    /// A similarity that an item has at least, if it may be among the best of a query.
    pub(super) fn threshold(&self, query: usize) -> f32 {
        self.top[query].threshold()
    }

    /// Compares a block of queries with a block of items, of which only those admitted count.
    pub(super) fn offer<T: Element>(
        &mut self,
        instructions: InstructionSet,
        queries: &QueryBlock,
        block: &PanelBlock<T>,
        admitted: Option<&RowSet>,
    ) {
        self.compare(instructions, queries, block, admitted, |query| query);
    }

    /// As [`Best::offer`], of a block of those queries that `which` names in their order.
    pub(super) fn offer_those<T: Element>(
        &mut self,
        which: &[usize],
        instructions: InstructionSet,
        queries: &QueryBlock,
        block: &PanelBlock<T>,
        admitted: Option<&RowSet>,
    ) {
        self.compare(instructions, queries, block, admitted, |query| which[query]);
    }

    fn compare<T: Element>(
        &mut self,
        instructions: InstructionSet,
        queries: &QueryBlock,
        block: &PanelBlock<T>,
        admitted: Option<&RowSet>,
        named: impl Fn(usize) -> usize,
    ) {
        let dim = queries.values.len() / queries.width;
        let padded = block.values.len() / dim;
        let mut similarities = std::mem::take(&mut self.similarities);
        similarities.resize(padded * queries.width, 0.0);
        instructions.similarities(block.values, queries, &mut similarities);
        for (query, row) in (queries.first..).zip(similarities.chunks_exact(padded)) {
            self.offer_row(named(query), block.first_item, &row[..block.items], admitted);
        }
        self.similarities = similarities;
    }

    /// As [`Best::offer`] of every block of queries, with each strip of the items in turn.
    pub(super) fn offer_all<T: Element>(
        &mut self,
        instructions: InstructionSet,
        queries: &PackedQueries,
        block: &PanelBlock<T>,
        admitted: Option<&RowSet>,
    ) {
        let mut similarities = std::mem::take(&mut self.similarities);
        similarities.resize(LANES * queries.len(), 0.0);
        let panels = block.values.chunks_exact(LANES * queries.dim());
        for (panel, first) in panels.zip((0..block.items).step_by(LANES)) {
            self.strip.compare(instructions, panel, queries, &mut similarities);
            let items = LANES.min(block.items - first);
            for (query, row) in similarities.chunks_exact(LANES).enumerate() {
                self.offer_row(query, block.first_item + first, &row[..items], admitted);
            }
        }
        self.similarities = similarities;
    }

    /// Offers the similarities of one query with consecutive items.
    fn offer_row(&mut self, query: usize, first_item: usize, row: &[f32], admitted: Option<&RowSet>) {
        let (top, overflow) = (&mut self.top[query], &mut self.overflow);
        for_each_candidate(row, top.threshold(), |position, value| {
            let item = first_item + position;
            if admitted.is_some_and(|admitted| !admitted.contains(item)) {
                return;
            }
            if value.is_finite() {
                top.push(Hit::new(item, value));
            } else {
                Overflow::keep_first(overflow, Overflow { query, item, value });
            }
        });
    }

    /// What both have seen.
    pub(super) fn merge(mut self, other: Self) -> Self {
        for (top, other) in self.top.iter_mut().zip(other.top) {
            top.merge(other);
        }
        if let Some(overflow) = other.overflow {
            Overflow::keep_first(&mut self.overflow, overflow);
        }
        self
    }

    /// The hits of each query; `first_query` is the row of the first, for the error.
    pub(super) fn into_hits(self, first_query: usize) -> Result<Vec<Vec<Hit>>, Error> {
        match self.overflow {
            Some(overflow) => Err(Error::NonFinite {
                what: "similarity of query (row) and item (column)",
                row: first_query + overflow.query,
                column: overflow.item,
                value: overflow.value,
            }),
            None => Ok(self.top.into_iter().map(TopK::into_sorted).collect()),
        }
    }
}

impl Overflow {
    // The first by query and item, so that the error does not depend on the threads either.
    fn keep_first(kept: &mut Option<Self>, found: Self) {
        let position = |overflow: Self| (overflow.query, overflow.item);
        if kept.is_none_or(|kept| position(found) < position(kept)) {
            *kept = Some(found);
        }
    }
}
