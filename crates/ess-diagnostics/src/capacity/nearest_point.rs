//! The point of a polytope that is nearest to the origin.

use super::cholesky::Cholesky;

/// What a search for the nearest point knows when it ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Nearest {
    /// A direction in which all of the polytope lies beyond the origin by at least this much.
    Apart(f64),
    /// The polytope has a point that is no further from the origin than was asked.
    Reached,
    /// Neither was shown within the steps allowed, or rounding ended the search.
    Unknown,
}

/// Wolfe's method: "Finding the nearest point in a polytope", Mathematical Programming 11, 1976. The nearest point of few vertices
/// is known exactly, and one vertex after another joins them.
pub(super) struct NearestPoint {
    vertices: Vec<Vec<f64>>,
    /// Inner products of the vertices, row by row up to the diagonal.
    products: Vec<Vec<f64>>,
    weights: Vec<f64>,
    factor: Cholesky,
    /// What is added to every inner product, so that vertices in a plane through the origin are no special case.
    shift: f64,
}

impl NearestPoint {
    /// Searches a polytope by its vertices: `lowest` gives the vertex of the smallest inner product with a direction, and that
    /// product. Ends when the polytope is known to lie beyond `distance`, or to come as near.
    pub(super) fn search(
        first: Vec<f64>,
        distance: f64,
        steps: usize,
        mut lowest: impl FnMut(&[f64]) -> (Vec<f64>, f64),
    ) -> Nearest {
        let shift = dot(&first, &first);
        let (vertices, products, weights, factor) = (vec![], vec![], vec![], Cholesky::default());
        let mut search = Self { vertices, products, weights, factor, shift };
        if shift.sqrt() <= distance {
            return Nearest::Reached;
        }
        if !search.join(first) {
            return Nearest::Unknown;
        }
        let mut before = f64::INFINITY;
        for _ in 0..steps {
            let point = search.point();
            let length = dot(&point, &point).sqrt();
            if length <= distance {
                return Nearest::Reached;
            }
            let (vertex, product) = lowest(&point);
            if product > distance * length {
                return Nearest::Apart(product / length);
            }
            if length >= before || !search.join(vertex) || !search.settle() {
                break;
            }
            before = length;
        }
        Nearest::Unknown
    }

    /// The nearest point of the hull of the vertices so far.
    fn point(&self) -> Vec<f64> {
        let mut point = vec![0.0; self.vertices[0].len()];
        for (vertex, weight) in self.vertices.iter().zip(&self.weights) {
            point.iter_mut().zip(vertex).for_each(|(x, v)| *x += weight * v);
        }
        point
    }

    /// Adds a vertex with weight 0, or the first with weight 1. False for one in the plane of those before it.
    fn join(&mut self, vertex: Vec<f64>) -> bool {
        let mut row: Vec<f64> = self.vertices.iter().map(|other| dot(other, &vertex)).collect();
        row.push(dot(&vertex, &vertex));
        if !self.factor.push(&self.shifted(&row)) {
            return false;
        }
        self.weights.push(if self.vertices.is_empty() { 1.0 } else { 0.0 });
        self.vertices.push(vertex);
        self.products.push(row);
        true
    }

    /// Moves to the nearest point of the hull, leaving out vertices that it does not need. False where rounding forbids it.
    fn settle(&mut self) -> bool {
        loop {
            let target = self.nearest_of_plane();
            if target.iter().all(|&weight| weight > 1e-12) {
                self.weights = target;
                return true;
            }
            let ratios = self.weights.iter().zip(&target).filter(|(_, target)| **target <= 1e-12);
            let share = ratios.map(|(weight, target)| weight / (weight - target)).fold(1.0, f64::min);
            if !share.is_finite() {
                return false;
            }
            let moved = |(weight, target): (&f64, &f64)| (1.0 - share) * weight + share * target;
            self.weights = self.weights.iter().zip(&target).map(moved).collect();
            if !self.leave_out() {
                return false;
            }
        }
    }

    /// The weights, of any sign, of the point nearest to the origin in the plane of the vertices.
    fn nearest_of_plane(&self) -> Vec<f64> {
        let solution = self.factor.solve_ones();
        let sum: f64 = solution.iter().sum();
        solution.into_iter().map(|x| x / sum).collect()
    }

    /// Leaves out the vertices without weight. False where that leaves none, or leaves out none.
    fn leave_out(&mut self) -> bool {
        let kept: Vec<usize> = (0..self.weights.len()).filter(|&at| self.weights[at] > 1e-12).collect();
        if kept.is_empty() || kept.len() == self.weights.len() {
            return false;
        }
        let product = |i: usize, j: usize| self.products[i.max(j)][i.min(j)];
        let products: Vec<Vec<f64>> = kept
            .iter()
            .enumerate()
            .map(|(at, &i)| kept[..=at].iter().map(|&j| product(i, j)).collect())
            .collect();
        self.vertices = kept.iter().map(|&at| std::mem::take(&mut self.vertices[at])).collect();
        self.weights = kept.iter().map(|&at| self.weights[at]).collect();
        self.products = products;
        self.factor = Cholesky::default();
        let rows: Vec<Vec<f64>> = self.products.iter().map(|row| self.shifted(row)).collect();
        rows.iter().all(|row| self.factor.push(row))
    }

    fn shifted(&self, row: &[f64]) -> Vec<f64> {
        row.iter().map(|product| product + self.shift).collect()
    }
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vertices: &[[f64; 2]], distance: f64) -> Nearest {
        NearestPoint::search(vertices[0].to_vec(), distance, 100, |direction| {
            let product = |vertex: &[f64; 2]| dot(vertex, direction);
            let lowest = vertices.iter().min_by(|a, b| product(a).total_cmp(&product(b))).unwrap();
            (lowest.to_vec(), product(lowest))
        })
    }

    #[test]
    fn a_triangle_beyond_the_origin_is_apart_and_one_around_it_is_not() {
        // The nearest point is (1, 0), on the side from (1, −3) to (1, 3).
        let Nearest::Apart(by) = of(&[[1.0, 3.0], [1.0, -3.0], [5.0, 0.0]], 0.999) else { panic!() };
        assert!((by - 1.0).abs() < 1e-9, "{by}");
        assert_eq!(of(&[[1.0, 3.0], [1.0, -3.0], [5.0, 0.0]], 1.001), Nearest::Reached);
        assert_eq!(of(&[[1.0, 3.0], [1.0, -3.0], [-5.0, 0.0]], 1e-9), Nearest::Reached);
        // The origin on a side.
        assert_eq!(of(&[[0.0, 3.0], [0.0, -3.0], [5.0, 0.0]], 1e-9), Nearest::Reached);
        assert_eq!(of(&[[0.0, 0.0], [0.0, 0.0]], 1e-9), Nearest::Reached);
    }
}
