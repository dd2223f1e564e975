//! The neighbours of a row, chosen among candidates.
//!
//! Where norms differ, three of four neighbours are chosen by inner product and one by distance; see [`Space`](super::space::Space).

use super::{
    drawing::{Drawing, Scratch},
    walk::Candidate,
};

/// Squared distances up to this are those of the same point twice, as `f32` rounds on a sphere of radius 1.
const SAME_POINT: f32 = 1e-6;

/// A candidate for a row's neighbour, and the squared distance that decides whether it gives way to another.
#[derive(Clone, Copy)]
struct Choice {
    candidate: Candidate,
    distance: f32,
}

/// By what neighbours are chosen.
#[derive(Clone, Copy)]
pub(super) enum By {
    /// Distance in the space.
    Distance,
    /// The inner product with the row's direction; what is in the same direction as another gives way.
    InnerProduct,
}

impl Drawing<'_> {
    /// The neighbours of a row, chosen among others.
    pub(super) fn neighbours(&self, scratch: &mut Scratch, row: u32, others: &[u32]) -> Vec<u32> {
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
            for (index, &from_chosen) in (first..choices.len()).zip(&scratch.numbers) {
                let choice = choices[index];
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
    let steps_behind = |choice: &Choice| choice.candidate.row().wrapping_sub(row);
    choices.sort_unstable_by(|a, b| {
        b.candidate.closeness.total_cmp(&a.candidate.closeness).then(steps_behind(a).cmp(&steps_behind(b)))
    });
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::{
        graph::{builder::GraphBuilder, points::Points, space::Space},
        kernels::codes::Codes,
        rows::Rows,
    };

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
