//! The space in which neighbours are chosen.

use super::points::Points;

/// Norms differ when the 99th percentile of norms is at least this many times the first percentile.
const DIFFERENT: f32 = 1.1;

/// Items as points of one dimension more, and as directions.
///
/// Neighbours by distance: an item `x` becomes `(x, √(M² − ‖x‖²)) / M` (Bachrach et al., "Speeding Up the Xbox
/// Recommender System Using a Euclidean Transformation for Inner-Product Spaces", 2014), where `M` is the median norm;
/// those beyond `M` stay outside of the sphere. Where norms hardly differ nothing is added: it would be rounding.
///
/// By distance alone the large items, which queries look for, would have no way in: in the added dimension they are far
/// from all others. So where norms differ, most neighbours of an item are those that a query in its direction would find,
/// by inner product (Morozov and Babenko, "Non-metric Similarity Graphs for Maximum Inner Product Search", 2018).
///
/// Nothing overflows, whatever the norms.
#[derive(Clone, Debug)]
pub(super) struct Space {
    /// `M`; kept when items are added.
    pub(super) radius: f32,
    /// Whether norms differ; kept when items are added.
    pub(super) norms_differ: bool,
    exactly: bool,
    /// For each item what its products are multiplied with: its scale over `M`.
    scales: Vec<f32>,
    /// For each item one over the norm of what is multiplied.
    inverse_norms: Vec<f32>,
    /// For each item the component in the added dimension.
    heights: Vec<f32>,
    /// For each item the squared length of its point: 1 on the sphere.
    lengths: Vec<f32>,
}

impl Space {
    /// The space of these items, or with what was chosen before.
    pub(super) fn new(points: &Points<'_>, radius: Option<f32>, norms_differ: Option<bool>) -> Self {
        let (median, differ) = norms(points);
        let (radius, norms_differ) = (radius.unwrap_or(median), norms_differ.unwrap_or(differ));
        let columns = [const { Vec::new() }; 4];
        let [scales, inverse_norms, heights, lengths] = columns;
        let exactly = points.exactly();
        let mut space = Self { radius, norms_differ, exactly, scales, inverse_norms, heights, lengths };
        space.extend(points);
        space
    }

    /// Whether the space was made of what these points compare.
    pub(super) fn is_of(&self, points: &Points<'_>) -> bool {
        self.exactly == points.exactly()
    }

    /// Adds the items that the points have and the space lacks.
    pub(super) fn extend(&mut self, points: &Points<'_>) {
        for row in self.scales.len()..points.len() {
            let norm = points.norm(row);
            let scale = ratio(points.scale(row), self.radius);
            let squared = (scale * norm).powi(2);
            let height = if self.norms_differ { (1.0 - squared).max(0.0) } else { 0.0 };
            self.scales.push(scale);
            self.inverse_norms.push(ratio(1.0, norm));
            self.heights.push(height.sqrt());
            self.lengths.push(squared + height);
        }
    }

    /// How close each row is to an item: larger is closer. `products` are those of the points.
    pub(super) fn closeness(&self, item: usize, rows: &[u32], products: &[f32], closeness: &mut Vec<f32>) {
        let (scale, height) = (2.0 * self.scales[item], 2.0 * self.heights[item]);
        closeness.extend(rows.iter().zip(products).map(|(&row, &product)| {
            let row = row as usize;
            scale * self.scales[row] * product + height * self.heights[row] - self.lengths[row]
        }));
    }

    /// The squared distance that a closeness to an item stands for.
    pub(super) fn distance(&self, item: usize, closeness: f32) -> f32 {
        (self.lengths[item] - closeness).max(0.0)
    }

    /// The inner product of an item's direction with each row.
    pub(super) fn reached(&self, item: usize, rows: &[u32], products: &[f32], reached: &mut Vec<f32>) {
        let unit = self.inverse_norms[item];
        let reach = |(&row, &product): (&u32, &f32)| unit * self.scales[row as usize] * product;
        reached.extend(rows.iter().zip(products).map(reach));
    }

    /// The squared distance of an item's direction and that of each row.
    pub(super) fn angles(&self, item: usize, rows: &[u32], products: &[f32], angles: &mut Vec<f32>) {
        let unit = self.inverse_norms[item];
        let cosine = |(&row, &product): (&u32, &f32)| unit * self.inverse_norms[row as usize] * product;
        angles.extend(rows.iter().zip(products).map(cosine).map(|cosine| 2.0 - 2.0 * cosine));
    }
}

/// The median norm, and whether norms differ.
fn norms(points: &Points<'_>) -> (f32, bool) {
    // A norm may be beyond f32, and a file holds no infinity.
    let mut norms: Vec<f32> =
        (0..points.len()).map(|row| (points.norm(row) * points.scale(row)).min(f32::MAX)).collect();
    norms.sort_unstable_by(f32::total_cmp);
    let at = |share: usize| norms.get(norms.len() * share / 100).copied().unwrap_or(0.0);
    let (least, median, most) = (at(1), at(50), at(99));
    let radius = if median > 0.0 { median } else { norms.last().copied().unwrap_or(0.0) };
    (radius, most > DIFFERENT * least)
}

/// `a / b`, or 0 where that is not finite.
fn ratio(a: f32, b: f32) -> f32 {
    let ratio = a / b;
    if ratio.is_finite() { ratio } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::codes::Codes;
    use crate::rows::Rows;

    fn with_points<T>(numbers: &[f32], dim: usize, look: impl Fn(&Points<'_>) -> T) -> T {
        let (rows, codes) = (Rows::new(numbers.to_vec().into(), dim), Codes::new(numbers, dim));
        look(&Points::new(&rows, &codes, true))
    }

    #[test]
    fn norms_differ_where_all_but_a_few_do() {
        let found = |numbers: &[f32]| with_points(numbers, 1, norms);
        assert_eq!(found(&(1..=200).map(|i| i as f32).collect::<Vec<_>>()), (101.0, true));
        let one = |large: f32| (0..200).map(|i| if i == 0 { large } else { 1.0 }).collect::<Vec<_>>();
        assert_eq!(found(&one(50.0)), (1.0, false));
        let many = |share: usize, large: f32| {
            (0..200).map(|i| if i < share { large } else { 0.0 }).collect::<Vec<_>>()
        };
        assert_eq!(found(&many(50, 2.0)), (2.0, true), "the largest where most are 0");
        assert_eq!(found(&many(0, 0.0)), (0.0, false));
    }

    #[test]
    fn closeness_reach_and_angles_are_those_of_points_on_a_sphere() {
        let close = |found: &[f32], expected: &[f32]| {
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?} {expected:?}");
            assert_eq!(found.len(), expected.len());
        };
        // Of norms 5, 3 and 4; the first has no height at a radius of 5, the others 4/5 and 3/5.
        with_points(&[3.0, 4.0, 3.0, 0.0, 0.0, 4.0], 2, |points| {
            let space = Space::new(points, Some(5.0), Some(true));
            let (rows, products) = ([0, 2], [9.0, 0.0]);
            let mut found = Vec::new();
            space.closeness(1, &rows, &products, &mut found);
            close(&found, &[2.0 * 9.0 / 25.0 - 1.0, 2.0 * 0.48 - 1.0]);
            close(&found.iter().map(|&x| space.distance(1, x)).collect::<Vec<_>>(), &[1.28, 1.04]);
            let mut found = Vec::new();
            space.reached(1, &rows, &products, &mut found);
            close(&found, &[0.6, 0.0]);
            let mut found = Vec::new();
            space.angles(1, &rows, &products, &mut found);
            close(&found, &[0.8, 2.0]);
            assert!(space.is_of(points));
        });
    }
}
