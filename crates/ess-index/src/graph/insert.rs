//! Drawing the graph: items come in batches, each of which is linked to what was there before.
//!
//! The graph is Vamana's (Subramanya et al., "DiskANN", 2019), the batches are ParlayANN's (Manohar et al., 2024): within
//! a batch all walks see the same graph, so that the result does not depend on the number of threads.

use rayon::prelude::*;

use super::{GraphBuilder, links::Links, space::Space, walk::Candidate, walk::Walk};
use crate::codes::{ByteQuery, Codes};

/// Squared distances up to this are those of the same point twice, as `f32` rounds on a sphere of radius 1.
const SAME_POINT: f32 = 1e-6;

/// A batch has at most one item for so many that are in the graph.
const ITEMS_FOR_ONE: usize = 40;

/// What a graph is drawn from.
pub(super) struct Drawing<'a> {
    pub(super) codes: &'a Codes,
    pub(super) space: &'a Space,
    pub(super) builder: &'a GraphBuilder,
    pub(super) starts: &'a [u32],
}

/// Memory of a thread.
#[derive(Default)]
struct Scratch {
    walk: Walk,
    query: ByteQuery,
    products: Vec<i32>,
    closeness: Vec<f32>,
}

impl Drawing<'_> {
    /// Links rows to the graph, in the order given; `already` rows are in it.
    pub(super) fn insert(
        &self,
        links: &mut Links,
        rows: &[u32],
        already: usize,
        mut progress: impl FnMut(usize),
    ) {
        links.grow(self.codes.len());
        let mut done = 0;
        while done < rows.len() {
            let size = ((already + done) / ITEMS_FOR_ONE).clamp(1, rows.len() - done);
            let batch = &rows[done..done + size];
            self.insert_batch(links, batch);
            done += size;
            progress(size);
        }
    }

    fn insert_batch(&self, links: &mut Links, batch: &[u32]) {
        let graph = &*links;
        let chosen: Vec<Vec<u32>> = batch
            .par_iter()
            .map_init(Scratch::default, |scratch, &row| {
                let candidates = self.walk(graph, scratch, row);
                self.prune(scratch, row, candidates)
            })
            .collect();
        let mut back: Vec<(u32, u32)> = Vec::new();
        for (&row, chosen) in batch.iter().zip(&chosen) {
            links.set(row, chosen);
            back.extend(chosen.iter().map(|&neighbour| (neighbour, row)));
        }
        back.sort_unstable();
        self.link_back(links, &back);
    }

    /// Adds the second of each pair to the neighbours of the first; pairs of one row stand together.
    fn link_back(&self, links: &mut Links, pairs: &[(u32, u32)]) {
        let groups: Vec<&[(u32, u32)]> = pairs.chunk_by(|a, b| a.0 == b.0).collect();
        let graph = &*links;
        let changed: Vec<Vec<u32>> = groups
            .par_iter()
            .map_init(Scratch::default, |scratch, group| {
                let row = group[0].0;
                let mut neighbours: Vec<u32> = graph.of(row).collect();
                let new = group.iter().map(|pair| pair.1).filter(|new| !neighbours.contains(new));
                let new: Vec<u32> = new.collect();
                neighbours.extend(new);
                if neighbours.len() <= graph.degree() {
                    return neighbours;
                }
                let candidates = self.weighed(scratch, row, &neighbours);
                self.prune(scratch, row, candidates)
            })
            .collect();
        for (group, neighbours) in groups.iter().zip(&changed) {
            links.set(group[0].0, neighbours);
        }
    }

    /// The closest items that a walk through the graph finds.
    fn walk(&self, links: &Links, scratch: &mut Scratch, row: u32) -> Vec<Candidate> {
        let Scratch { walk, query, products, .. } = scratch;
        self.codes.row_as_query(row as usize, query);
        let width = self.builder.candidates;
        let found = walk.towards(links, self.starts, width, |rows, closeness| {
            self.codes.products(query, rows, products);
            self.space.closeness(row as usize, rows, products, closeness);
        });
        let mut found: Vec<Candidate> =
            found.iter().copied().filter(|candidate| candidate.row() != row).collect();
        sort(&mut found, row);
        found
    }

    /// Rows as candidates for a row's neighbours, closest first.
    fn weighed(&self, scratch: &mut Scratch, row: u32, rows: &[u32]) -> Vec<Candidate> {
        self.closeness(scratch, row, rows);
        let mut candidates: Vec<Candidate> = rows
            .iter()
            .zip(&scratch.closeness)
            .map(|(&row, &closeness)| Candidate::new(row, closeness))
            .collect();
        sort(&mut candidates, row);
        candidates
    }

    fn closeness(&self, scratch: &mut Scratch, row: u32, rows: &[u32]) {
        let Scratch { query, products, closeness, .. } = scratch;
        self.codes.row_as_query(row as usize, query);
        self.codes.products(query, rows, products);
        closeness.clear();
        self.space.closeness(row as usize, rows, products, closeness);
    }

    /// Neighbours in different directions: a candidate goes when one already chosen is clearly closer to it than the
    /// row is, by the factor [`GraphBuilder::spread`]. Items that occur several times are neighbours where there is room:
    /// in place of others they would cut the graph in pieces.
    fn prune(&self, scratch: &mut Scratch, row: u32, mut candidates: Vec<Candidate>) -> Vec<u32> {
        let mut chosen = Vec::with_capacity(self.builder.degree);
        let mut same: Vec<u32> = Vec::new();
        let mut rows: Vec<u32> = Vec::with_capacity(candidates.len());
        let mut first = 0;
        while let Some(&closest) = candidates.get(first) {
            chosen.push(closest.row());
            first += 1;
            if chosen.len() == self.builder.degree || first == candidates.len() {
                break;
            }
            rows.clear();
            rows.extend(candidates[first..].iter().map(|candidate| candidate.row()));
            self.closeness(scratch, closest.row(), &rows);
            let mut distances = scratch.closeness.iter();
            let mut kept = first;
            for place in first..candidates.len() {
                let candidate = candidates[place];
                let from_row = self.space.distance(row as usize, candidate.closeness);
                let from_chosen = distances
                    .next()
                    .map_or(f32::MAX, |&closeness| self.space.distance(closest.row() as usize, closeness));
                if from_chosen <= SAME_POINT {
                    same.push(candidate.row());
                } else if self.builder.spread * from_chosen >= from_row {
                    candidates[kept] = candidate;
                    kept += 1;
                }
            }
            candidates.truncate(kept);
        }
        same.truncate(self.builder.degree - chosen.len());
        chosen.append(&mut same);
        chosen
    }
}

/// Closest first. Of items that are equally close those come first that follow the row, and at the end those before
/// it: items that occur many times then stand in a ring.
fn sort(candidates: &mut [Candidate], row: u32) {
    let place = |candidate: &Candidate| candidate.row().wrapping_sub(row);
    candidates.sort_unstable_by(|a, b| b.closeness.total_cmp(&a.closeness).then(place(a).cmp(&place(b))));
}
