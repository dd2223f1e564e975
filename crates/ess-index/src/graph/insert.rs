//! Inserting items into the graph, in batches: each batch is linked to the items before it.
//!
//! The graph is Vamana's (Subramanya et al., "DiskANN", 2019), the batches are ParlayANN's (Manohar et al., 2024): within
//! a batch all walks see the same graph, so that the result does not depend on the number of threads.
//!
//! While many items are inserted, rows have room for more neighbours than the degree. A row's neighbours are therefore chosen
//! again once for many new ones. Choosing them for each new one took longer than all walks.

use std::collections::HashSet;

use rayon::prelude::*;

use super::{
    drawing::{Drawing, Scratch},
    links::Links,
    neighbours::By,
};

/// The graph has at least this many items for each item of a batch.
const ITEMS_FOR_ONE: usize = 40;

/// While many rows are inserted, each has room for this many times the degree.
const WIDE: usize = 2;

/// Rows are inserted with wide neighbour lists when at least one in this many is new.
const SHARE_TO_WIDEN: usize = 40;

/// The number of nearest rows that a walk by inner product starts from.
const NEAREST_STARTS: usize = 8;

/// Rows whose neighbours are chosen again at once.
const ROWS_TOGETHER: usize = 4096;

impl Drawing<'_> {
    /// Links rows to the graph, in the order given; `already` rows are in it.
    pub(super) fn insert(
        &self,
        links: &mut Links,
        rows: &[u32],
        already: usize,
        progress: impl FnMut(usize),
    ) {
        links.grow(self.points.len());
        if rows.len().saturating_mul(SHARE_TO_WIDEN) < self.points.len() {
            return self.insert_batches(links, rows, already, progress);
        }
        let mut wide = links.with_degree(WIDE * self.builder.degree);
        self.insert_batches(&mut wide, rows, already, progress);
        self.narrow(&wide, links);
    }

    fn insert_batches(
        &self,
        links: &mut Links,
        rows: &[u32],
        already: usize,
        mut progress: impl FnMut(usize),
    ) {
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
                let candidates = self.candidates(graph, scratch, row);
                self.neighbours(scratch, row, &candidates)
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
                self.neighbours(scratch, row, &neighbours)
            })
            .collect();
        for (group, neighbours) in groups.iter().zip(&changed) {
            links.set(group[0].0, neighbours);
        }
    }

    /// Chooses again the neighbours of rows that have more than the degree.
    fn narrow(&self, wide: &Links, links: &mut Links) {
        let rows: Vec<u32> = (0..wide.len() as u32).collect();
        for rows in rows.chunks(ROWS_TOGETHER) {
            let narrowed: Vec<Vec<u32>> = rows
                .par_iter()
                .map_init(Scratch::default, |scratch, &row| {
                    let neighbours: Vec<u32> = wide.of(row).collect();
                    if neighbours.len() <= self.builder.degree {
                        return neighbours;
                    }
                    self.neighbours(scratch, row, &neighbours)
                })
                .collect();
            rows.iter().zip(&narrowed).for_each(|(&row, neighbours)| links.set(row, neighbours));
        }
    }

    /// The candidates for a row's neighbours: the rows that walks through the graph find.
    fn candidates(&self, links: &Links, scratch: &mut Scratch, row: u32) -> Vec<u32> {
        let mut found = self.walk(links, scratch, row, By::Distance, &[]);
        if self.space.norms_differ {
            let near = found[..found.len().min(NEAREST_STARTS)].to_vec();
            let known: HashSet<u32> = found.iter().copied().collect();
            let reached = self.walk(links, scratch, row, By::InnerProduct, &near);
            found.extend(reached.into_iter().filter(|row| !known.contains(row)));
        }
        found
    }

    /// The closest rows that a walk from the starts and from others finds, closest first.
    fn walk(&self, links: &Links, scratch: &mut Scratch, row: u32, by: By, others: &[u32]) -> Vec<u32> {
        let Scratch { walk, query, products, .. } = scratch;
        self.points.row_as_query(row as usize, query);
        let starts: Vec<u32> = others.iter().chain(self.starts).copied().collect();
        let found = walk.towards(links, &starts, self.builder.candidates, |rows, closeness| {
            self.points.products(query, rows, products);
            match by {
                By::Distance => self.space.closeness(row as usize, rows, products, closeness),
                By::InnerProduct => self.space.reached(row as usize, rows, products, closeness),
            }
        });
        found.iter().map(|candidate| candidate.row()).filter(|&found| found != row).collect()
    }
}
