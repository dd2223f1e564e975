//! Items as points between which a graph is drawn.

use crate::codes::{ByteQuery, Codes};

/// The norm up to which items are brought to one length, in medians of all norms.
const FARTHEST: f32 = 4.0;

/// Items as points of one dimension more, so that the nearest are those of the largest inner product.
///
/// An item `x` becomes `(x, √(M² − ‖x‖²)) / M` (Bachrach et al., "Speeding Up the Xbox Recommender System Using a
/// Euclidean Transformation for Inner-Product Spaces", 2014): all points lie on one sphere, and with a query `(q, 0)`
/// distance and inner product rank alike. `M` is the largest norm, but at most 4 times the median: a few huge items
/// would push all others together in one place. Those beyond `M` stay outside of the sphere.
///
/// Numbers are those that the codes stand for; nothing overflows, whatever the norms.
#[derive(Clone, Debug)]
pub(super) struct Space {
    /// `M`; kept when items are added.
    pub(super) radius: f32,
    /// For each item its scale over `M`.
    scales: Vec<f32>,
    /// For each item the number in the added dimension.
    heights: Vec<f32>,
    /// For each item the squared length of its point: 1 on the sphere.
    lengths: Vec<f32>,
}

impl Space {
    /// The space of these items, or with a radius chosen before.
    pub(super) fn new(codes: &Codes, radius: Option<f32>) -> Self {
        let mut space = Self { radius: 0.0, scales: Vec::new(), heights: Vec::new(), lengths: Vec::new() };
        space.radius = radius.unwrap_or_else(|| chosen_radius(codes));
        space.extend(codes);
        space
    }

    /// Takes in the items that codes have and the space has not.
    pub(super) fn extend(&mut self, codes: &Codes) {
        let first = self.scales.len();
        for (i, norm) in code_norms(codes, first).into_iter().enumerate() {
            let scale = ratio(codes.scale(first + i), self.radius);
            let squared = (scale * norm).powi(2);
            let height = (1.0 - squared).max(0.0);
            self.scales.push(scale);
            self.heights.push(height.sqrt());
            self.lengths.push(squared + height);
        }
    }

    /// How close each row is to an item: larger is closer. `products` are those of the codes.
    pub(super) fn closeness(&self, item: usize, rows: &[u32], products: &[i32], closeness: &mut Vec<f32>) {
        let (scale, height) = (2.0 * self.scales[item], 2.0 * self.heights[item]);
        closeness.extend(rows.iter().zip(products).map(|(&row, &product)| {
            let row = row as usize;
            scale * self.scales[row] * product as f32 + height * self.heights[row] - self.lengths[row]
        }));
    }

    /// The squared distance that a closeness to an item stands for.
    pub(super) fn distance(&self, item: usize, closeness: f32) -> f32 {
        (self.lengths[item] - closeness).max(0.0)
    }
}

fn chosen_radius(codes: &Codes) -> f32 {
    let mut norms: Vec<f32> =
        code_norms(codes, 0).iter().enumerate().map(|(row, norm)| norm * codes.scale(row)).collect();
    norms.sort_unstable_by(f32::total_cmp);
    let largest = norms.last().copied().unwrap_or(0.0);
    let median = norms.get(norms.len() / 2).copied().unwrap_or(0.0);
    let radius = if median > 0.0 { largest.min(FARTHEST * median) } else { largest };
    // A norm may be beyond f32, and a file holds no infinity.
    radius.min(f32::MAX)
}

/// The norms of the codes of each row from `first` on, without their scales.
fn code_norms(codes: &Codes, first: usize) -> Vec<f32> {
    let (mut query, mut products) = (ByteQuery::default(), Vec::new());
    let norm = |row: usize| {
        codes.row_as_query(row, &mut query);
        codes.products(&query, &[row as u32], &mut products);
        (products[0] as f32).sqrt()
    };
    (first..codes.len()).map(norm).collect()
}

/// `a / b`, or 0 where that is no finite number.
fn ratio(a: f32, b: f32) -> f32 {
    let ratio = a / b;
    if ratio.is_finite() { ratio } else { 0.0 }
}
