//! Bounds on the rounding error of inner products.

use std::ops::Range;

use ess_core::MemoryUse;
use ess_files::{Section, Values};

use crate::file::{contents::Contents, in_memory::InMemory};
use crate::memory_use::total;

/// For each item what bounds need.
#[derive(Clone, Debug)]
pub(super) struct ItemBounds {
    /// What the codes are multiplied with.
    scales: Values<f32>,
    /// The norm of the int8 item, or a little more.
    norms: Values<f32>,
    /// The norm of what rounding took away, or a little more.
    errors: Values<f32>,
}

/// Bounds of consecutive items.
pub(super) struct BoundsOf<'a> {
    pub(super) scales: &'a [f32],
    pub(super) norms: &'a [f32],
    pub(super) errors: &'a [f32],
}

/// What bounds need of a query.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueryBound {
    /// What the codes are multiplied with.
    pub(super) scale: f32,
    /// The norm, or a little more.
    pub(super) norm: f32,
    /// What an item's rounded norm is multiplied with: the norm of what rounding took away, and what sums in `f32` may
    /// err by.
    pub(super) error: f32,
}

impl Default for ItemBounds {
    fn default() -> Self {
        Self { scales: Vec::new().into(), norms: Vec::new().into(), errors: Vec::new().into() }
    }
}

impl ItemBounds {
    /// Reserves memory for exactly this many more items.
    pub(super) fn reserve(&mut self, items: usize) {
        for column in [&mut self.scales, &mut self.norms, &mut self.errors] {
            column.to_mut().reserve_exact(items);
        }
    }

    pub(super) fn push(&mut self, item: &[f32], codes: &[i8], scale: f32) {
        let (norm, error) = int8_norms(item, codes, scale);
        self.scales.to_mut().push(scale);
        self.norms.to_mut().push(above(norm));
        self.errors.to_mut().push(above(error));
    }

    pub(super) fn of(&self, items: Range<usize>) -> BoundsOf<'_> {
        BoundsOf {
            scales: &self.scales[items.clone()],
            norms: &self.norms[items.clone()],
            errors: &self.errors[items],
        }
    }

    pub(super) fn sections(&self) -> [Section<'_>; 3] {
        [
            Section::new("scales", &[&self.scales[..]]),
            Section::new("norms", &[&self.norms[..]]),
            Section::new("errors", &[&self.errors[..]]),
        ]
    }

    pub(super) fn from_contents(rows: usize, contents: &Contents) -> Result<Self, crate::error::Error> {
        let values = |name| contents.values(name, Some(rows));
        Ok(Self { scales: values("scales")?, norms: values("norms")?, errors: values("errors")? })
    }

    pub(super) fn memory_use(&self) -> MemoryUse {
        total([&self.scales, &self.norms, &self.errors].map(InMemory::memory_use))
    }
}

impl QueryBound {
    pub(super) fn new(query: &[f32], codes: &[i8], scale: f32) -> Self {
        let (_, error) = int8_norms(query, codes, scale);
        let norm = query.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
        // A sum of d products in f32 errs by at most d · 2^-24 of the product of the norms; twice that, and some more for
        // the arithmetic of the bounds themselves.
        let arithmetic = (query.len() + 16) as f64 * f64::from(f32::EPSILON);
        Self {
            scale,
            norm: above(norm * (1.0 + arithmetic)),
            error: above(error + norm * arithmetic + f64::from(f32::MIN_POSITIVE)),
        }
    }
}

/// The norms of the int8 vector and of the difference.
fn int8_norms(vector: &[f32], codes: &[i8], scale: f32) -> (f64, f64) {
    let scale = f64::from(scale);
    let (mut rounded, mut difference) = (0.0_f64, 0.0_f64);
    for (&x, &code) in vector.iter().zip(codes) {
        let value = scale * f64::from(code);
        rounded += value * value;
        difference += (f64::from(x) - value).powi(2);
    }
    (rounded.sqrt(), difference.sqrt())
}

/// An `f32` that is not below.
fn above(x: f64) -> f32 {
    ((x * (1.0 + 1e-6)) as f32).next_up()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At least what it bounds, and hardly more.
    #[track_caller]
    fn just_above(found: f32, exact: f64) {
        let found = f64::from(found);
        assert!(found >= exact && found <= exact * (1.0 + 1e-5), "{found} for {exact}");
    }

    #[test]
    fn items_have_the_norms_of_what_is_kept_and_of_what_is_lost() {
        let mut bounds = ItemBounds::default();
        bounds.push(&[9.0, 9.0], &[1, 1], 9.0);
        // Kept are 3 and −4, lost 0.25 and −0.5.
        bounds.push(&[3.25, -4.5], &[3, -4], 1.0);
        let second = bounds.of(1..2);
        assert_eq!(second.scales, [1.0]);
        just_above(second.norms[0], 5.0);
        just_above(second.errors[0], 0.3125_f64.sqrt());
        // The same in steps of a half.
        bounds.push(&[1.625, -2.25], &[3, -4], 0.5);
        just_above(bounds.of(2..3).norms[0], 2.5);
        just_above(bounds.of(2..3).errors[0], 0.3125_f64.sqrt() / 2.0);
    }

    #[test]
    fn a_query_may_lose_what_rounding_took_and_what_its_sums_err_by() {
        let bound = QueryBound::new(&[3.25, -4.5], &[3, -4], 1.0);
        let norm = (3.25_f64 * 3.25 + 4.5 * 4.5).sqrt();
        assert_eq!(bound.scale, 1.0);
        just_above(bound.norm, norm);
        just_above(bound.error, 0.3125_f64.sqrt() + norm * 18.0 * f64::from(f32::EPSILON));
        // Of a vector that is kept whole the sums remain: 2 dimensions, and 16 for the bounds' own arithmetic.
        let whole = QueryBound::new(&[3.0, -4.0], &[3, -4], 1.0);
        just_above(whole.error, 5.0 * 18.0 * f64::from(f32::EPSILON));
    }
}
