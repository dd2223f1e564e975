//! The rows at which walks start.

use super::points::{PointQuery, Points};
use super::space::Space;

/// The default number of starts. More are used where they raise recall or where many items are near duplicates. Each start
/// costs every search a comparison.
pub(super) const FEW_STARTS: usize = 32;

/// The maximum number of starts of a graph when it is built.
pub(super) const MAX_STARTS: usize = 256;

/// The maximum number of starts after items were added.
const MAX_STARTS_WITH_LATER: usize = 512;

/// Rows that lie apart: each was, when it was chosen, the farthest from those before (Gonzalez, "Clustering to Minimize
/// the Maximum Intercluster Distance", 1985). What lies apart from all other items has few ways in, or none.
#[derive(Clone, Debug)]
pub(super) struct Starts {
    rows: Vec<u32>,
    /// No item is farther from the nearest start than this, squared, but for those that came when there was no room.
    cover: f32,
}

impl Starts {
    /// The first start and those farthest from it, at most `most`.
    pub(super) fn chosen(points: &Points<'_>, space: &Space, first: u32, most: usize) -> Self {
        let all: Vec<u32> = (0..points.len() as u32).collect();
        let mut starts = Self { rows: vec![first], cover: f32::INFINITY };
        let mut nearest = vec![f32::INFINITY; all.len()];
        loop {
            let last = starts.rows[starts.rows.len() - 1];
            for (nearest, distance) in nearest.iter_mut().zip(distances(points, space, last, &all)) {
                *nearest = nearest.min(distance);
            }
            let farthest =
                |&a: &u32, &b: &u32| nearest[a as usize].total_cmp(&nearest[b as usize]).then(b.cmp(&a));
            let next = all.iter().copied().max_by(farthest).unwrap_or(first);
            starts.cover = nearest[next as usize];
            if starts.cover <= 0.0 || starts.rows.len() == most {
                return starts;
            }
            starts.rows.push(next);
        }
    }

    /// What a file has.
    pub(super) fn new(rows: Vec<u32>, cover: f32) -> Self {
        Self { rows, cover }
    }

    pub(super) fn rows(&self) -> &[u32] {
        &self.rows
    }

    pub(super) fn cover(&self) -> f32 {
        self.cover
    }

    /// Makes new rows starts that lie farther from all starts than any item did, as long as there is room.
    pub(super) fn extend(&mut self, points: &Points<'_>, space: &Space, new: &[u32]) {
        for &row in new {
            if self.rows.len() >= MAX_STARTS_WITH_LATER {
                return;
            }
            let nearest = distances(points, space, row, &self.rows).into_iter().fold(f32::INFINITY, f32::min);
            if nearest > self.cover {
                self.rows.push(row);
            }
        }
    }

    /// Adds rows that no other way leads to.
    pub(super) fn add(&mut self, rows: &[u32]) {
        let new = rows.iter().filter(|row| !self.rows.contains(row)).copied();
        let new: Vec<u32> = new.collect();
        self.rows.extend(new);
    }
}

fn distances(points: &Points<'_>, space: &Space, row: u32, others: &[u32]) -> Vec<f32> {
    let (mut query, mut products, mut distances) = (PointQuery::default(), Vec::new(), Vec::new());
    points.row_as_query(row as usize, &mut query);
    points.products(&mut query, others, &mut products);
    space.closeness(row as usize, others, &products, &mut distances);
    distances.iter_mut().for_each(|x| *x = space.distance(row as usize, *x));
    distances
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::codes::Codes;
    use crate::rows::Rows;

    #[test]
    fn starts_lie_apart_and_later_ones_beyond_what_they_cover() {
        let turns = [0.0_f32, 60.0, 180.0, 170.0].map(|degrees| degrees.to_radians().sin_cos());
        let numbers: Vec<f32> = turns.iter().flat_map(|&(sin, cos)| [cos, sin]).collect();
        let (rows, codes) = (Rows::new(numbers.clone().into(), 2), Codes::new(&numbers, 2));
        let points = Points::new(&rows, &codes, true);
        let space = Space::new(&points, None, None);
        let starts = Starts::chosen(&points, &space, 0, 2);
        // The item at 60° is 1 from the start at 0°.
        assert_eq!(starts.rows(), [0, 2]);
        assert!((starts.cover() - 1.0).abs() < 1e-5, "{}", starts.cover());
        let extended = |starts: &[u32], cover, new: &[u32]| {
            let mut starts = Starts::new(starts.to_vec(), cover);
            starts.extend(&points, &space, new);
            starts.rows
        };
        assert_eq!(extended(&[0], 0.5, &[1, 3]), [0, 1, 3]);
        assert_eq!(extended(&[0, 2], 1.5, &[1, 3]), [0, 2]);
        assert_eq!(extended(&[0], 0.0, &[0]), [0], "as near as others");
        let mut starts = Starts::new(vec![3], 0.0);
        starts.add(&[3, 1]);
        assert_eq!(starts.rows(), [3, 1]);
    }
}
