//! Inserting items into the graph, in batches: each batch is linked to the items before it.
//!
//! The graph is Vamana's (Subramanya et al., "DiskANN", 2019), the batches are ParlayANN's (Manohar et al., 2024): within
//! a batch all walks see the same graph, so that the result does not depend on the number of threads.
//!
//! While many are inserted, rows have room for more neighbours than the degree. So neighbours are chosen again once for many
//! that come, not once for each, which took longer than all walks.
//!
//! Where norms differ, three of four neighbours are chosen by inner product and one by distance; see [`Space`].

use std::collections::HashSet;

use rayon::prelude::*;

use super::points::{PointQuery, Points};
use super::{
    builder::GraphBuilder,
    links::Links,
    space::Space,
    walk::{Candidate, Walk},
};

/// Squared distances up to this are those of the same point twice, as `f32` rounds on a sphere of radius 1.
const SAME_POINT: f32 = 1e-6;

/// A batch has at most one item for so many that are in the graph.
const ITEMS_FOR_ONE: usize = 40;

/// While many rows are inserted, each has room for so many times the degree.
const WIDE: usize = 2;

/// Many rows are at least one in this number.
const SHARE_TO_WIDEN: usize = 40;

/// How many of the nearest a walk by inner product starts from.
const NEAREST_STARTS: usize = 8;

/// Rows whose neighbours are chosen again at once.
const ROWS_TOGETHER: usize = 4096;

/// What a graph is drawn from.
pub(super) struct Drawing<'a> {
    pub(super) points: Points<'a>,
    pub(super) space: &'a Space,
    pub(super) builder: &'a GraphBuilder,
    pub(super) starts: &'a [u32],
}

/// Memory of a thread.
#[derive(Default)]
struct Scratch {
    walk: Walk,
    query: PointQuery,
    products: Vec<f32>,
    numbers: Vec<f32>,
}

/// A candidate for a row's neighbour, and the squared distance that decides whether it gives way to another.
#[derive(Clone, Copy)]
struct Choice {
    candidate: Candidate,
    distance: f32,
}

/// By what neighbours are chosen.
#[derive(Clone, Copy)]
enum By {
    /// Distance in the space.
    Distance,
    /// The inner product with the row's direction; what is in the same direction as another gives way.
    InnerProduct,
}

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

    /// Chooses again where rows have more neighbours than the degree.
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

    /// Rows that may be a row's neighbours: what walks through the graph find.
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

    /// The neighbours of a row, chosen among others.
    fn neighbours(&self, scratch: &mut Scratch, row: u32, others: &[u32]) -> Vec<u32> {
        let degree = self.builder.degree;
        if !self.space.norms_differ {
            return self.chosen(scratch, row, others, By::Distance, degree);
        }
        let mut neighbours = self.chosen(scratch, row, others, By::InnerProduct, degree - degree / 4);
        let rest: Vec<u32> = others.iter().copied().filter(|other| !neighbours.contains(other)).collect();
        let near = self.chosen(scratch, row, &rest, By::Distance, degree - neighbours.len());
        neighbours.extend(near);
        neighbours
    }

    /// At most `most` neighbours in different directions: a candidate goes when one already chosen is clearly closer to
    /// it than the row is, by the factor [`GraphBuilder::spread`]. By distance, items that occur several times are
    /// neighbours where there is room: in place of others they would cut the graph in pieces.
    fn chosen(&self, scratch: &mut Scratch, row: u32, others: &[u32], by: By, most: usize) -> Vec<u32> {
        let mut choices = self.choices(scratch, row, others, by);
        let mut chosen = Vec::with_capacity(most);
        let mut same: Vec<u32> = Vec::new();
        let mut rows: Vec<u32> = Vec::with_capacity(choices.len());
        let mut first = 0;
        while let Some(&Choice { candidate: closest, .. }) = choices.get(first) {
            if chosen.len() == most {
                break;
            }
            chosen.push(closest.row());
            first += 1;
            rows.clear();
            rows.extend(choices[first..].iter().map(|choice| choice.candidate.row()));
            self.distances(scratch, closest.row(), &rows, by);
            let mut kept = first;
            for (place, &from_chosen) in (first..choices.len()).zip(&scratch.numbers) {
                let choice = choices[place];
                if from_chosen <= SAME_POINT {
                    same.push(choice.candidate.row());
                } else if self.builder.spread * from_chosen >= choice.distance {
                    choices[kept] = choice;
                    kept += 1;
                }
            }
            choices.truncate(kept);
        }
        if let By::Distance = by {
            same.truncate(most - chosen.len());
            chosen.append(&mut same);
        }
        chosen
    }

    /// Rows as candidates for a row's neighbours, closest first.
    fn choices(&self, scratch: &mut Scratch, row: u32, rows: &[u32], by: By) -> Vec<Choice> {
        self.distances(scratch, row, rows, by);
        let distances = scratch.numbers.iter();
        let mut choices: Vec<Choice> = match by {
            By::Distance => rows
                .iter()
                .zip(distances)
                .map(|(&row, &distance)| Choice { candidate: Candidate::new(row, -distance), distance })
                .collect(),
            By::InnerProduct => {
                let mut reached = Vec::with_capacity(rows.len());
                self.space.reached(row as usize, rows, &scratch.products, &mut reached);
                let numbers = rows.iter().zip(reached).zip(distances);
                numbers
                    .map(|((&row, reached), &distance)| Choice {
                        candidate: Candidate::new(row, reached),
                        distance,
                    })
                    .collect()
            }
        };
        sort(&mut choices, row);
        choices
    }

    /// Fills `scratch.numbers` with squared distances: of points, or of directions by inner product.
    fn distances(&self, scratch: &mut Scratch, row: u32, rows: &[u32], by: By) {
        let Scratch { query, products, numbers, .. } = scratch;
        self.points.row_as_query(row as usize, query);
        self.points.products(query, rows, products);
        numbers.clear();
        match by {
            By::Distance => {
                self.space.closeness(row as usize, rows, products, numbers);
                numbers.iter_mut().for_each(|x| *x = self.space.distance(row as usize, *x));
            }
            By::InnerProduct => self.space.angles(row as usize, rows, products, numbers),
        }
    }
}

/// Closest first. Of items that are equally close those come first that follow the row, and at the end those before
/// it: items that occur many times then stand in a ring.
fn sort(choices: &mut [Choice], row: u32) {
    let place = |choice: &Choice| choice.candidate.row().wrapping_sub(row);
    choices.sort_unstable_by(|a, b| {
        b.candidate.closeness.total_cmp(&a.candidate.closeness).then(place(a).cmp(&place(b)))
    });
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::{kernels::codes::Codes, rows::Rows};

    fn with_drawing<T>(numbers: &[f32], dim: usize, degree: usize, look: impl Fn(&Drawing<'_>) -> T) -> T {
        let (rows, codes) = (Rows::new(numbers.to_vec().into(), dim), Codes::new(numbers, dim));
        let points = Points::new(&rows, &codes, true);
        let space = Space::new(&points, None, None);
        let builder = GraphBuilder { degree, ..GraphBuilder::default() };
        look(&Drawing { points, space: &space, builder: &builder, starts: &[0] })
    }

    /// At these degrees on a circle, and one above the plane.
    fn around() -> Vec<f32> {
        let on_circle = [0.0_f32, 20.0, 10.0, -12.0].map(|degrees| degrees.to_radians().sin_cos());
        let (sin, cos) = 15.0_f32.to_radians().sin_cos();
        on_circle.iter().flat_map(|&(sin, cos)| [cos, sin, 0.0]).chain([cos, 0.0, sin]).collect()
    }

    #[test]
    fn neighbours_are_the_closest_that_lie_in_different_directions() {
        with_drawing(&around(), 3, 4, |drawing| {
            let mut scratch = Scratch::default();
            let choices = drawing.choices(&mut scratch, 0, &[1, 2, 3, 4], By::Distance);
            let order: Vec<u32> = choices.iter().map(|choice| choice.candidate.row()).collect();
            assert_eq!(order, [2, 3, 4, 1]);
            // 4 sin²(θ / 2).
            let squared = 4.0 * 5.0_f32.to_radians().sin().powi(2);
            assert!((choices[0].distance - squared).abs() < 1e-5, "{}", choices[0].distance);
            // What lies at 20° is closer to what lies at 10° than to 0°.
            assert_eq!(drawing.chosen(&mut scratch, 0, &[1, 2, 3, 4], By::Distance, 4), [2, 3, 4]);
            assert_eq!(drawing.chosen(&mut scratch, 0, &[1, 2, 3, 4], By::Distance, 2), [2, 3]);
            assert_eq!(drawing.neighbours(&mut scratch, 0, &[1, 2, 3, 4]), [2, 3, 4]);
        });
    }

    #[test]
    fn where_norms_differ_three_of_four_neighbours_are_by_inner_product() {
        let (degree, dim) = (8, 12);
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut number = |i: usize| random.random_range(-1.0_f32..1.0) * (1.0 + (i / dim % 7) as f32);
        let numbers: Vec<f32> = (0..60 * dim).map(&mut number).collect();
        with_drawing(&numbers, dim, degree, |drawing| {
            assert!(drawing.space.norms_differ);
            let mut scratch = Scratch::default();
            let others: Vec<u32> = (1..60).collect();
            let by_product = drawing.chosen(&mut scratch, 0, &others, By::InnerProduct, 6);
            let rest: Vec<u32> = others.iter().copied().filter(|row| !by_product.contains(row)).collect();
            let near = drawing.chosen(&mut scratch, 0, &rest, By::Distance, 2);
            assert_eq!((by_product.len(), near.len()), (6, 2));
            assert_eq!(drawing.neighbours(&mut scratch, 0, &others), [by_product, near].concat());
        });
    }
}
