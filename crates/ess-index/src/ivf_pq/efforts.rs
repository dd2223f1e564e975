//! The efforts that tuning tries.

use ess_core::{Effort, Index};

use super::index::IvfPqIndex;
use crate::storage::Storage;

/// Probes and candidates in steps of up to a half and a quarter, ordered by what they should cost.
pub(super) fn efforts(index: &IvfPqIndex, k: usize) -> Vec<Effort> {
    let lists = index.lists();
    let k = k.min(index.len());
    let most = (128 * k).clamp(1, index.len().max(1));
    let mut efforts = Vec::new();
    for probes in steps(1, lists, 2) {
        // More candidates than visited items are all of them.
        let items = (index.rows() * probes).div_ceil(lists);
        for refine in steps(k.max(1), most.min(items), 4) {
            let effort = Effort { nprobe: Some(probes), rescore: Some(refine), ..Effort::default() };
            efforts.push((cost(index, probes, refine), effort));
        }
    }
    efforts.sort_by(|a, b| a.0.total_cmp(&b.0));
    efforts.into_iter().map(|(_, effort)| effort).collect()
}

/// About the nanoseconds that a query takes on one thread of a machine with AVX-512; only ratios matter.
fn cost(index: &IvfPqIndex, probes: usize, refine: usize) -> f64 {
    let items = index.rows() as f64 * probes as f64 / index.lists() as f64;
    let bytes = index.dim() as f64 * if index.storage() == Storage::F16 { 2.0 } else { 4.0 };
    items * index.codes() as f64 * 0.01 + probes as f64 * 40.0 + refine as f64 * (40.0 + bytes * 0.05)
}

/// From `first` to `last`, each doubling in this many equal steps.
fn steps(first: usize, last: usize, in_a_doubling: usize) -> Vec<usize> {
    let doubled =
        std::iter::successors(Some(first), |step| step.checked_mul(2)).take_while(|step| *step < last);
    let within = |start: usize| (0..in_a_doubling).map(move |step| start + start * step / in_a_doubling);
    let mut steps: Vec<usize> = doubled.flat_map(within).filter(|step| *step < last).collect();
    steps.push(last.max(first));
    steps.dedup();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_is_that_of_items_lists_and_candidates() {
        let items = (0..300 * 16).map(|i| (i as f32 * 0.37).sin()).collect();
        let items = ess_core::Embeddings::from_vec(items, 16).unwrap();
        for (storage, expected) in [(Storage::F32, 524.0), (Storage::F16, 508.0)] {
            let builder = crate::ivf_pq::builder::IvfPqBuilder {
                lists: Some(4),
                storage,
                ..crate::ivf_pq::builder::IvfPqBuilder::default()
            };
            let index = builder.build(items.clone(), crate::progress::Progress::Silent).unwrap();
            assert_eq!(index.codes(), 8);
            // 150 items of 8 codes, 2 lists, and 10 candidates of 64 or 32 bytes.
            assert!((cost(&index, 2, 10) - expected).abs() < 1e-9, "{}", cost(&index, 2, 10));
        }
    }

    #[test]
    fn what_tuning_tries_is_what_the_index_says_it_can() {
        let items = ess_core::Embeddings::from_vec((0..300).map(|i| (i as f32).sin()).collect(), 4).unwrap();
        let builder = crate::ivf_pq::builder::IvfPqBuilder {
            lists: Some(3),
            ..crate::ivf_pq::builder::IvfPqBuilder::default()
        };
        let index = builder.build(items, crate::progress::Progress::Silent).unwrap();
        let (can, efforts) = (index.capabilities(), efforts(&index, 5));
        assert!(efforts.iter().any(|effort| effort.nprobe == Some(3) && effort.rescore == Some(5)));
        assert!(can.nprobe && can.rescore && !can.ef_search, "{can:?}");
    }

    #[test]
    fn steps_rise_to_the_last() {
        assert_eq!(steps(1, 1, 2), [1]);
        assert_eq!(steps(1, 13, 2), [1, 2, 3, 4, 6, 8, 12, 13]);
        assert_eq!(steps(10, 5, 4), [10]);
        assert_eq!(steps(10, 45, 4), [10, 12, 15, 17, 20, 25, 30, 35, 40, 45]);
    }
}
