//! Comparing queries with the codes in the lists that they probe.

use super::index::IvfPqIndex;
use super::inverted_file::{
    best::Best,
    lists::{Lists, Part},
    reach::{Found, reaching},
};
use super::pq::{
    packed_codes::{BLOCK_ITEMS, block_bytes},
    tables::{Scale, Tables},
};
use crate::live_rows::Admitted;

/// Blocks whose sums are in the cache when they are compared.
const BLOCKS_TOGETHER: usize = 32;

/// Queries that a kernel takes together.
const QUERIES_TOGETHER: usize = 4;

/// One query scans one list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    pub(super) list: u32,
    pub(super) query: u32,
    /// The inner product of the query and the list's centre.
    pub(super) product: f32,
}

/// The candidates of several queries, while lists go by. A candidate's position counts through all segments.
pub(super) struct Scan<'a> {
    index: &'a IvfPqIndex,
    tables: &'a Tables,
    admitted: &'a Admitted<'a>,
    best: Vec<Best>,
    sums: Vec<i32>,
    found: Found,
}

impl<'a> Scan<'a> {
    /// Nothing scanned yet; each query keeps this many candidates.
    pub(super) fn new(
        index: &'a IvfPqIndex,
        tables: &'a Tables,
        admitted: &'a Admitted<'a>,
        candidates: usize,
    ) -> Self {
        let best = (0..tables.len()).map(|_| Best::new(candidates)).collect();
        Self { index, tables, admitted, best, sums: Vec::new(), found: Found::default() }
    }

    /// The number of candidates of a query.
    pub(super) fn candidates(&self, query: usize) -> usize {
        self.best[query].len()
    }

    /// The candidates of each query.
    pub(super) fn into_best(self) -> Vec<Best> {
        self.best
    }

    /// Goes through lists, each for all the queries that visit it.
    pub(super) fn visit(&mut self, mut visits: Vec<Visit>) {
        visits.sort_unstable_by_key(|visit| (visit.list, visit.query));
        let index = self.index;
        for visits in visits.chunk_by(|a, b| a.list == b.list) {
            let mut first = 0;
            for lists in &index.segments {
                for part in lists.parts(visits[0].list as usize, BLOCKS_TOGETHER) {
                    for visits in visits.chunks(QUERIES_TOGETHER) {
                        self.compare(lists, first, &part, visits);
                    }
                }
                first += lists.len() as u32;
            }
        }
    }

    /// Compares a part of one of the segment's lists, whose positions begin at `first`, with some queries.
    fn compare(&mut self, segment: &Lists, first: u32, part: &Part<'_>, visits: &[Visit]) {
        let size = block_bytes(self.index.codes());
        let items = part.codes.len() / size * BLOCK_ITEMS;
        self.sums.resize(items * visits.len(), 0);
        let mut tables: [&[u8]; QUERIES_TOGETHER] = [&[]; QUERIES_TOGETHER];
        for (table, visit) in tables.iter_mut().zip(visits) {
            *table = self.tables.table(visit.query as usize).0;
        }
        self.index.instructions.sums(part.codes, size, &tables[..visits.len()], &mut self.sums);
        for (visit, sums) in visits.iter().zip(self.sums.chunks_exact(items)) {
            let scale = self.tables.table(visit.query as usize).1;
            let scale = Scale { offset: scale.offset + visit.product, ..scale };
            let best = &mut self.best[visit.query as usize];
            reaching(self.index.instructions, sums, part.factors, scale, best.threshold(), &mut self.found);
            let first = first + part.first as u32;
            let found = self.found.iter().map(|(position, score)| (first + position, score));
            match self.admitted {
                None => best.extend(found),
                Some(admitted) => {
                    let names = &segment.names()[part.first..];
                    let admits = |&(at, _): &(u32, f32)| admitted.contains(names[at as usize] as usize);
                    best.extend(self.found.iter().filter(admits).map(|(at, score)| (first + at, score)));
                }
            }
        }
    }
}
