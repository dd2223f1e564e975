//! Tests that every kernel gives the same similarities.

use half::f16;
use proptest::prelude::*;

use super::{
    element::Element, lanes::LANES, packed_queries::PackedQueries, panels::Panels, query_strips::QueryStrips,
    strip::Strip,
};
use crate::cpu::{InstructionSet, Level};
use crate::halves::halves;

/// `queries × items` similarities by one kernel, the items in blocks of two panels.
fn similarities<T: Element>(
    set: InstructionSet,
    items: &Panels<T>,
    queries: &[f32],
    widest: usize,
) -> Vec<f32> {
    let count = queries.len() / items.dim();
    let mut found = vec![f32::NAN; count * items.len()];
    let packed = PackedQueries::new(queries, items.dim(), widest);
    for index in 0..items.blocks(2) {
        let block = items.block(2, index);
        let padded = block.values.len() / items.dim();
        for queries in packed.blocks() {
            let mut out = vec![f32::NAN; padded * queries.width];
            set.similarities(block.values, &queries, &mut out);
            for (j, row) in out.chunks(padded).enumerate() {
                let start = (queries.first + j) * items.len() + block.first_item;
                found[start..start + block.items].copy_from_slice(&row[..block.items]);
            }
        }
    }
    found
}

/// [`similarities`] with strips of the items.
fn by_strips<T: Element>(set: InstructionSet, items: &Panels<T>, queries: &[f32]) -> Vec<f32> {
    let (mut found, mut strip) =
        (vec![f32::NAN; queries.len() / items.dim() * items.len()], Strip::default());
    let packed = PackedQueries::new(queries, items.dim(), set.widest_query_block());
    for index in 0..items.blocks(1) {
        let block = items.block(1, index);
        let mut out = vec![f32::NAN; packed.len() * LANES];
        strip.compare(set, block.values, &packed, &mut out);
        for (row, found) in out.chunks(LANES).zip(found.chunks_mut(items.len())) {
            found[block.first_item..][..block.items].copy_from_slice(&row[..block.items]);
        }
    }
    found
}

/// The definition: one sum in the order of the dimensions, with fused multiply-adds.
fn in_order(items: &[f32], queries: &[f32], dim: usize) -> Vec<f32> {
    let dot =
        |q: &[f32], x: &[f32]| q.iter().zip(x).fold(0.0, |sum, (&q, &x): (&f32, &f32)| q.mul_add(x, sum));
    queries.chunks(dim).flat_map(|query| items.chunks(dim).map(move |item| dot(query, item))).collect()
}

fn check<T: Element>(panels: &Panels<T>, items: &[f32], queries: &[f32]) {
    let dim = panels.dim();
    let expected = in_order(items, queries, dim);
    for set in InstructionSet::available() {
        assert!(set.widest_query_block() > 1, "{set:?}");
        if set.goes_by_strips::<f32>() {
            assert_eq!(by_strips(set, panels, queries), expected, "{set:?}, by strips");
        }
        for widest in 1..=set.widest_query_block() {
            let found = similarities(set, panels, queries, widest);
            if set.level() == Level::Portable {
                // Numbers are in -1..1, so each of `dim` products and sums rounds by at most `dim · 2^-24`.
                let allowed = (2 * dim * dim) as f32 * f32::EPSILON;
                let close =
                    found.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() <= allowed);
                assert!(close, "{set:?}, {widest} queries together: {found:?} and {expected:?}");
            } else {
                assert_eq!(found, expected, "{set:?}, {widest} queries together");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_kernel_sums_in_the_order_of_the_dimensions(
        n in 1..3 * LANES,
        count in 1_usize..20,
        dim in 1_usize..40,
        values in prop::collection::vec(-1.0_f32..1.0, (3 * LANES + 20) * 40),
    ) {
        // Numbers that both storages hold.
        let values: Vec<f32> = values.iter().map(|&x| f16::from_f32(x).to_f32()).collect();
        let items = &values[..n * dim];
        let queries = &values[n * dim..(n + count) * dim];
        check(&Panels::from_rows(items.to_vec(), dim), items, queries);
        check(&Panels::from_rows(halves(items.to_vec()), dim), items, queries);
    }
}

/// The definition: of each query the largest product, times the row's factor, that is not below `start`.
fn largest_in_order(rows: &[f32], factors: &[f32], queries: &[f32], start: f32) -> Vec<f32> {
    let dim = rows.len() / factors.len();
    let products = in_order(rows, queries, dim);
    let of_query = |products: &[f32]| products.iter().zip(factors).map(|(x, y)| x * y).fold(start, f32::max);
    products.chunks(factors.len()).map(of_query).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_kernel_finds_the_largest_product(
        n in 1_usize..40,
        count in 1_usize..50,
        dim in 1_usize..40,
        start in prop::sample::select(vec![f32::NEG_INFINITY, 0.0, 0.5]),
        values in prop::collection::vec(-1.0_f32..1.0, 90 * 40),
        factors in prop::collection::vec(0.0_f32..2.0, 40),
    ) {
        let (rows, queries, factors) = (&values[..n * dim], &values[n * dim..][..count * dim], &factors[..n]);
        let expected = largest_in_order(rows, factors, queries, start);
        let strips = QueryStrips::new(queries, dim);
        for set in InstructionSet::available() {
            let mut best = vec![start; strips.lanes()];
            for (strips, best) in strips.with(&mut best) {
                set.raise_to_largest(strips, rows, factors, best);
            }
            let allowed = if set.level() == Level::Portable { (4 * dim * dim) as f32 * f32::EPSILON } else { 0.0 };
            for (found, expected) in best.iter().zip(&expected) {
                prop_assert!(found == expected || (found - expected).abs() <= allowed, "{:?}: {} and {}", set, found, expected);
            }
        }
    }
}

#[test]
fn a_product_that_is_no_number_counts_nothing() {
    let strips = QueryStrips::new(&[1.0, 1.0], 1);
    for set in InstructionSet::available() {
        for rows in [&[f32::NAN, 2.0][..], &[2.0, f32::NAN], &[2.0; 9]] {
            let mut best = vec![f32::NEG_INFINITY; strips.lanes()];
            for (strips, best) in strips.with(&mut best) {
                set.raise_to_largest(strips, rows, &vec![1.0; rows.len()], best);
            }
            assert_eq!(best[..2], [2.0; 2], "{set:?}");
        }
    }
}

#[test]
fn every_finite_f16_is_widened_exactly() {
    let items: Vec<f16> = (0..=u16::MAX).map(f16::from_bits).filter(|x| x.is_finite()).collect();
    let panels = Panels::from_rows(items.clone(), 1);
    let items: Vec<f32> = items.iter().map(|x| x.to_f32()).collect();
    for set in InstructionSet::available() {
        assert_eq!(similarities(set, &panels, &[1.0], 1), items, "{set:?}");
    }
}
