//! Greedy walks over the graph.

use super::links::Links;

/// A row that was compared, and its closeness; larger is closer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) closeness: f32,
    // The highest bit says whether its neighbours have been looked at.
    tagged: u32,
}

const EXPANDED: u32 = 1 << 31;

/// One more than the largest row that a graph can have.
pub(super) const MAX_ROWS: usize = EXPANDED as usize;

impl Candidate {
    pub(super) fn new(row: u32, closeness: f32) -> Self {
        Self { closeness, tagged: row }
    }

    pub(super) fn row(self) -> u32 {
        self.tagged & !EXPANDED
    }
}

/// Buffers of a walk, which the next walk reuses.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// The closest so far, closest first.
    pool: Vec<Candidate>,
    visited: Vec<u64>,
    batch: Vec<u32>,
    closeness: Vec<f32>,
    /// Every word of `visited` that is not zero.
    touched: Vec<u32>,
}

impl Walk {
    /// The `width` closest rows that a greedy walk from `starts` finds, closest first.
    ///
    /// `closeness` gives that of each row named, in their order.
    pub(super) fn towards(
        &mut self,
        links: &Links,
        starts: &[u32],
        width: usize,
        mut closeness: impl FnMut(&[u32], &mut Vec<f32>),
    ) -> &[Candidate] {
        self.begin(links.len());
        for &start in starts {
            self.meet(start);
        }
        self.weigh(width, &mut closeness);
        let mut next = 0;
        while let Some(candidate) = self.pool.get_mut(next) {
            if candidate.tagged & EXPANDED != 0 {
                next += 1;
                continue;
            }
            candidate.tagged |= EXPANDED;
            let row = candidate.row();
            for neighbour in links.of(row) {
                self.meet(neighbour);
            }
            next = next.min(self.weigh(width, &mut closeness));
        }
        &self.pool
    }

    fn begin(&mut self, rows: usize) {
        self.pool.clear();
        self.batch.clear();
        for word in self.touched.drain(..) {
            self.visited[word as usize] = 0;
        }
        self.visited.resize(rows.div_ceil(64), 0);
    }

    fn meet(&mut self, row: u32) {
        let word = &mut self.visited[row as usize / 64];
        let bit = 1 << (row % 64);
        if *word & bit == 0 {
            if *word == 0 {
                self.touched.push(row / 64);
            }
            *word |= bit;
            self.batch.push(row);
        }
    }

    /// Inserts the rows just compared into the pool; returns the first position that changed.
    fn weigh(&mut self, width: usize, closeness: &mut impl FnMut(&[u32], &mut Vec<f32>)) -> usize {
        self.closeness.clear();
        closeness(&self.batch, &mut self.closeness);
        let mut first = usize::MAX;
        for (&row, &closeness) in self.batch.iter().zip(&self.closeness) {
            let full = self.pool.len() >= width;
            if full && self.pool.last().is_some_and(|last| closeness <= last.closeness) {
                continue;
            }
            if full {
                self.pool.pop();
            }
            let position = self.pool.partition_point(|other| other.closeness >= closeness);
            self.pool.insert(position, Candidate::new(row, closeness));
            first = first.min(position);
        }
        self.batch.clear();
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ring of 100 rows, each linked to both sides.
    fn ring() -> Links {
        let mut links = Links::new(2);
        links.grow(100);
        for row in 0..100_u32 {
            links.set(row, &[(row + 1) % 100, (row + 99) % 100]);
        }
        links
    }

    #[test]
    fn a_walk_goes_round_the_ring_and_can_be_used_again() {
        let links = ring();
        let mut walk = Walk::default();
        for goal in [50_i32, 3, 97] {
            let towards = |rows: &[u32], out: &mut Vec<f32>| {
                out.extend(rows.iter().map(|&row| {
                    let steps = (row as i32 - goal).rem_euclid(100);
                    -(steps.min(100 - steps) as f32)
                }));
            };
            let found: Vec<u32> = walk.towards(&links, &[0], 3, towards).iter().map(|c| c.row()).collect();
            assert_eq!(found[0], goal as u32);
            assert_eq!(found.len(), 3);
        }
    }
}
