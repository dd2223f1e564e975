//! Settings worth trying.

use ess_core::{Effort, Index};

use super::QuantisedIndex;
use crate::Storage;

/// Probes and candidates in steps of about 1.4, ordered by what they should cost.
pub(super) fn efforts(index: &QuantisedIndex, k: usize) -> Vec<Effort> {
    let lists = index.lists();
    let mut efforts = Vec::new();
    for probes in steps(1, lists) {
        for refine in steps(k.max(1), (256 * k).clamp(1, index.len().max(1))) {
            efforts.push((
                cost(index, probes, refine),
                Effort { candidates: None, probes: Some(probes), refine: Some(refine) },
            ));
        }
    }
    efforts.sort_by(|a, b| a.0.total_cmp(&b.0));
    efforts.into_iter().map(|(_, effort)| effort).collect()
}

/// About the nanoseconds that a query takes on one thread of a machine with AVX-512; only ratios matter.
fn cost(index: &QuantisedIndex, probes: usize, refine: usize) -> f64 {
    let items = index.rows() as f64 * probes as f64 / index.lists() as f64;
    let bytes = index.dim() as f64 * if index.storage() == Storage::F32 { 4.0 } else { 2.0 };
    items * index.codes() as f64 * 0.02 + probes as f64 * 20.0 + refine as f64 * (20.0 + bytes * 0.05)
}

/// `first`, `1.5 first`, `2 first`, `3 first`, … and `last`.
fn steps(first: usize, last: usize) -> Vec<usize> {
    let doubled = std::iter::successors(Some(first), |step| step.checked_mul(2));
    let mut steps: Vec<usize> = doubled
        .take_while(|step| *step < last)
        .flat_map(|step| [step, step + step / 2])
        .filter(|step| *step < last)
        .collect();
    steps.push(last.max(first));
    steps.dedup();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_rise_to_the_last() {
        assert_eq!(steps(1, 1), [1]);
        assert_eq!(steps(1, 13), [1, 2, 3, 4, 6, 8, 12, 13]);
        assert_eq!(steps(10, 5), [10]);
        assert_eq!(steps(10, 45), [10, 15, 20, 30, 40, 45]);
    }
}
