//! A block of items that may be among the best of one query, and the bounds of their similarities.

use ess_core::RowSet;

use super::bounds::{BoundsOf, QueryBound};
use crate::cpu::InstructionSet;
use crate::kernels::float::lanes::LANES;
use crate::rows::Rows;

/// Products of scales below it are too near the end of `f32` for bounds to be relied on.
const MIN_SCALE: f32 = 1e-30;

/// A block of items for one query.
pub(super) struct Offer<'a> {
    /// Inner products of codes, one an item.
    pub(super) products: &'a [i32],
    pub(super) items: BoundsOf<'a>,
    pub(super) first_item: usize,
    pub(super) query: &'a QueryBound,
    pub(super) admitted: Option<&'a RowSet>,
    pub(super) rows: &'a Rows,
    pub(super) vector: &'a [f32],
    pub(super) instructions: InstructionSet,
}

impl Offer<'_> {
    /// How far an upper bound is above the middle.
    #[inline(always)]
    pub(super) fn width(&self, at: usize) -> f32 {
        self.query.error * self.items.norms[at] + self.query.norm * self.items.errors[at]
    }

    /// Upper bounds of the items in `range`, and whether one reaches the threshold or is NaN.
    #[inline(always)]
    pub(super) fn upper_bounds(
        &self,
        range: std::ops::Range<usize>,
        threshold: f32,
        upper: &mut [f32; LANES],
    ) -> bool {
        let products = &self.products[range.clone()];
        let (scales, norms) = (&self.items.scales[range.clone()], &self.items.norms[range.clone()]);
        let errors = &self.items.errors[range];
        let mut below = 0;
        for i in 0..products.len() {
            let scale = scales[i] * self.query.scale;
            let slack = self.query.error * norms[i] + self.query.norm * errors[i];
            let bound = products[i] as f32 * scale + slack;
            // Near underflow, or beyond f32, arithmetic does not keep to the bound: such items are compared exactly.
            let trusted = scale >= MIN_SCALE && bound != f32::NEG_INFINITY;
            let bound = if trusted { bound } else { f32::INFINITY };
            upper[i] = bound;
            below += u32::from(bound < threshold);
        }
        below != products.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: QueryBound = QueryBound { scale: 2.0, norm: 3.0, error: 0.5 };

    #[test]
    fn bounds_are_the_middle_and_half_the_width_on_either_side() {
        let rows = Rows::new(vec![0.0; 3].into(), 1);
        // The third is too small a scale to be relied on; the second is just large enough.
        let (scales, norms, errors) = ([0.25, MIN_SCALE / 2.0, MIN_SCALE / 4.0], [8.0; 3], [2.0; 3]);
        let items = BoundsOf { scales: &scales, norms: &norms, errors: &errors };
        let offer = Offer {
            products: &[6, 0, 0],
            items,
            first_item: 0,
            query: &QUERY,
            admitted: None,
            rows: &rows,
            vector: &[1.0],
            instructions: InstructionSet::detect(),
        };
        // 0.5 · 8 + 3 · 2, and 6 · 0.25 · 2 in the middle.
        assert_eq!(offer.width(0), 10.0);
        for set in InstructionSet::available() {
            let mut upper = [0.0; LANES];
            assert!(set.upper_bounds(&offer, 0..3, 13.0, &mut upper), "{set:?}");
            assert_eq!(upper[..3], [13.0, 10.0, f32::INFINITY], "{set:?}");
            let at_threshold = set.upper_bounds(&offer, 0..1, 13.0, &mut upper);
            assert!(at_threshold, "a bound at the threshold may be among the best: {set:?}");
            assert!(!set.upper_bounds(&offer, 0..1, 13.5, &mut upper), "{set:?}");
        }
    }
}
