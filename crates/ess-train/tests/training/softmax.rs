//! The softmax loss against its definition.

use burn::tensor::{Device, Tensor, TensorData};
use ess_core::Embeddings;
use ess_search::embeddings_from_tensor;
use ess_train::{Candidates, Items, Judgement, Loss, LossBatch, Softmax};
use proptest::prelude::*;

fn wave(n: usize, d: usize, frequency: f32) -> Embeddings {
    Embeddings::from_vec((0..n * d).map(|i| (i as f32 * frequency).sin()).collect(), d).unwrap()
}

fn tensor(embeddings: &Embeddings) -> Tensor<2> {
    let shape = [embeddings.len(), embeddings.dim()];
    Tensor::from_data(TensorData::new(embeddings.as_slice().to_vec(), shape), &Device::flex())
}

/// The definition, in double precision and without any care for speed.
fn by_definition(queries: &Embeddings, judgements: &[Vec<Judgement>], items: &Embeddings, scale: f64) -> f64 {
    let of_query = |(query, judged): (&[f32], &Vec<Judgement>)| {
        let dot =
            |item: &[f32]| query.iter().zip(item).map(|(&q, &d)| f64::from(q) * f64::from(d)).sum::<f64>();
        let similarities: Vec<f64> = items.rows().map(|item| scale * dot(item)).collect();
        let max = similarities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let log_total = similarities.iter().map(|s| (s - max).exp()).sum::<f64>().ln();
        let positive: Vec<&Judgement> = judged.iter().filter(|j| j.grade > 0).collect();
        let sum: f64 = positive.iter().map(|j| f64::from(j.grade)).sum();
        let behind = |j: &&Judgement| f64::from(j.grade) / sum * (log_total + (max - similarities[j.item]));
        positive.iter().map(behind).sum::<f64>()
    };
    queries.rows().zip(judgements).map(of_query).sum::<f64>() / queries.len() as f64
}

fn evaluate(
    softmax: &Softmax,
    queries: &Embeddings,
    judgements: &[Vec<Judgement>],
    items: &Embeddings,
) -> (f64, Embeddings) {
    let judgements: Vec<&[Judgement]> = judgements.iter().map(Vec::as_slice).collect();
    let items = Items::new(items, &Device::flex());
    let value = softmax.evaluate(tensor(queries), &LossBatch::new(judgements), &items).unwrap();
    (value.loss, embeddings_from_tensor(value.gradient).unwrap())
}

fn judge(n: usize, m: usize) -> Vec<Vec<Judgement>> {
    let of_query = |query: usize| {
        let judged = |step: usize, grade| Judgement { item: (query * 31 + step * 7) % m, grade };
        let mut all = vec![judged(0, 1), judged(1, 3), judged(2, 0)];
        all.sort_by_key(|j| j.item);
        all.dedup_by_key(|j| j.item);
        all[0].grade = 2;
        all
    };
    (0..n).map(of_query).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // Sizes on both sides of the kernel's blocks (128, 256) and tile (256).
    #[test]
    fn the_loss_is_the_definition(n in 1_usize..140, m in 1_usize..1100, d in 1_usize..20, scale in 0.1_f32..40.0) {
        let (queries, items, judgements) = (wave(n, d, 0.37), wave(m, d, 0.11), judge(n, m));
        let (loss, _) = evaluate(&Softmax { scale, ..Softmax::default() }, &queries, &judgements, &items);
        let expected = by_definition(&queries, &judgements, &items, scale.into());
        prop_assert!((loss - expected).abs() <= 1e-5 * (1.0 + expected.abs()), "{} {}", loss, expected);
    }

    #[test]
    fn the_gradient_is_the_finite_difference(n in 1_usize..4, m in 1_usize..30, d in 1_usize..6, at: prop::sample::Index) {
        let (queries, items, judgements) = (wave(n, d, 0.37), wave(m, d, 0.11), judge(n, m));
        let (_, gradient) = evaluate(&Softmax { scale: 3.0, ..Softmax::default() }, &queries, &judgements, &items);
        let at = at.index(n * d);
        let moved = |by: f32| {
            let mut values = queries.as_slice().to_vec();
            values[at] += by;
            by_definition(&Embeddings::from_vec(values, d).unwrap(), &judgements, &items, 3.0)
        };
        let difference = (moved(1e-2) - moved(-1e-2)) / 2e-2;
        let found = f64::from(gradient.as_slice()[at]);
        prop_assert!((found - difference).abs() < 1e-3 * (1.0 + difference.abs()), "{} {}", found, difference);
    }

    #[test]
    fn the_order_of_the_items_does_not_matter(n in 1_usize..9, m in 2_usize..700, shift in 1_usize..700) {
        let (queries, items, judgements) = (wave(n, 5, 0.37), wave(m, 5, 0.11), judge(n, m));
        let order: Vec<usize> = (0..m).map(|row| (row + shift) % m).collect();
        let position = |item: usize| (item + m - shift % m) % m;
        let moved = |judged: &Vec<Judgement>| judged.iter().map(|j| Judgement { item: position(j.item), ..*j }).collect();
        let softmax = Softmax::default();
        let (loss, gradient) = evaluate(&softmax, &queries, &judgements, &items);
        let judgements: Vec<Vec<Judgement>> = judgements.iter().map(moved).collect();
        let (other_loss, other) = evaluate(&softmax, &queries, &judgements, &items.select(&order).unwrap());
        prop_assert!((loss - other_loss).abs() < 1e-5 * (1.0 + loss));
        let close = gradient.as_slice().iter().zip(other.as_slice()).all(|(a, b)| (a - b).abs() < 1e-4);
        prop_assert!(close);
    }

    #[test]
    fn in_batch_is_the_definition_over_the_batch_own_items(n in 1_usize..40, m in 3_usize..90) {
        let (queries, items, judgements) = (wave(n, 5, 0.37), wave(m, 5, 0.11), judge(n, m));
        let positives = judgements.iter().flatten().filter(|j| j.grade > 0);
        let mut rows: Vec<usize> = positives.map(|j| j.item).collect();
        rows.sort_unstable();
        rows.dedup();
        let positive = |judged: &Vec<Judgement>| -> Vec<Judgement> {
            let positive = judged.iter().filter(|j| j.grade > 0);
            positive.map(|j| Judgement { item: rows.binary_search(&j.item).unwrap(), ..*j }).collect()
        };
        let renamed: Vec<_> = judgements.iter().map(positive).collect();
        let expected = by_definition(&queries, &renamed, &items.select(&rows).unwrap(), 2.0);
        let softmax = Softmax { scale: 2.0, candidates: Candidates::InBatch, ..Softmax::default() };
        let (loss, _) = evaluate(&softmax, &queries, &judgements, &items);
        prop_assert!((loss - expected).abs() < 1e-5 * (1.0 + expected));
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let (queries, items, judgements) = (wave(300, 24, 0.37), wave(1300, 24, 0.11), judge(300, 1300));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| evaluate(&Softmax::default(), &queries, &judgements, &items))
    };
    let (loss, gradient) = on(1);
    for threads in [2, 3, 7] {
        assert_eq!(on(threads), (loss, gradient.clone()));
    }
}

/// Items that are laid out for a tile unit in the first of many steps. Without such a unit nothing is, and steps are compared with
/// themselves.
#[test]
fn items_that_last_change_no_bit_from_step_to_step_on_any_number_of_threads() {
    // Blocks of 256 queries, which are the unit's either way, and of 128, which are its own only if items last. Tiles of 256 items
    // and of 96.
    for (n, m, equal) in [(600, 608, true), (300, 608, false)] {
        let (queries, items, judgements) = (wave(n, 64, 0.37), wave(m, 64, 0.11), judge(n, m));
        let judged: Vec<&[Judgement]> = judgements.iter().map(Vec::as_slice).collect();
        let softmax = Softmax { scale: 3.0, ..Softmax::default() };
        let step = |items: &Items<'_>, lasting: bool| {
            let batch = LossBatch::new(judged.clone()).with_lasting_items(lasting);
            let value = softmax.evaluate(tensor(&queries), &batch, items).unwrap();
            (value.loss, embeddings_from_tensor(value.gradient).unwrap())
        };
        let frozen = || Items::new(&items, &Device::flex());
        let (lasting, anew) = (frozen(), step(&frozen(), false));
        let first = step(&lasting, true);
        for threads in [1, 2, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| step(&lasting, true)), first, "{threads} threads, a later step");
            assert_eq!(pool.install(|| step(&frozen(), true)), first, "{threads} threads, a first step");
        }
        // A step that is not to keep anything may have other items next time.
        assert_eq!(step(&lasting, false), anew);
        assert!((first.0 - anew.0).abs() < 1e-5 * (1.0 + anew.0), "{} {}", first.0, anew.0);
        let pairs = first.1.as_slice().iter().zip(anew.1.as_slice());
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-5), "{n} queries");
        assert!(!equal || first == anew, "{n} queries");
    }
}

/// Trained items are laid out for each step, by both of its passes.
#[test]
fn a_step_that_trains_items_keeps_nothing_of_them() {
    let (queries, items, judgements) = (wave(300, 64, 0.37), wave(608, 64, 0.11), judge(300, 608));
    let judged: Vec<&[Judgement]> = judgements.iter().map(Vec::as_slice).collect();
    let frozen = Items::new(&items, &Device::flex());
    let step = |lasting: bool, items_too: bool| {
        let batch = LossBatch::new(judged.clone()).with_lasting_items(lasting).with_item_gradient(items_too);
        let value = Softmax::default().evaluate(tensor(&queries), &batch, &frozen).unwrap();
        let of_items = value.item_gradient.map(|gradient| embeddings_from_tensor(gradient).unwrap());
        (value.loss, embeddings_from_tensor(value.gradient).unwrap(), of_items)
    };
    let both = step(false, true);
    assert!(both.2.is_some() && step(true, true) == both);
    let of_queries = step(false, false);
    assert_eq!((of_queries.0, of_queries.1), (both.0, both.1));
}

#[test]
fn longer_blocks_of_more_queries_are_the_definition_too() {
    let (queries, items, judgements) = (wave(700, 6, 0.37), wave(300, 6, 0.11), judge(700, 300));
    let (loss, gradient) = evaluate(&Softmax::default(), &queries, &judgements, &items);
    let expected = by_definition(&queries, &judgements, &items, 30.0);
    assert!((loss - expected).abs() <= 1e-5 * (1.0 + expected), "{loss} {expected}");
    // A query's gradient does not depend on the others.
    let last = queries.select(&[699]).unwrap();
    let (_, alone) = evaluate(&Softmax::default(), &last, &judgements[699..], &items);
    let close = gradient.row(699).iter().zip(alone.row(0)).all(|(a, b)| (a * 700.0 - b).abs() < 1e-3);
    assert!(close);
}

#[test]
fn huge_similarities_do_not_overflow() {
    let items = Embeddings::from_rows(&[[1e4, 0.0], [0.0, 1e4]]).unwrap();
    let queries = Embeddings::from_rows(&[[1e4, 0.0]]).unwrap();
    let judgements = vec![vec![Judgement { item: 0, grade: 1 }]];
    let (loss, gradient) = evaluate(&Softmax::default(), &queries, &judgements, &items);
    assert_eq!(loss, 0.0);
    assert!(gradient.as_slice().iter().all(|x| x.abs() < 1e-3));
}

/// Eight equal items at large logits have a share of one eighth each, by the kernel and by tensor operations.
#[test]
fn shares_sum_to_one_at_any_size_of_logits() {
    // The square of the second one times 30 is 3·10⁸.
    for (length, others) in
        [(1.0, 0.0), (3_162.277_7, 0.0), (1e3, 0.0), (3e3, 0.5), (3.2e3, 0.9), (1e5, 1.0 - 1e-6), (1e8, 0.0)]
    {
        // Eight equal items, and one that is less similar by far or by little.
        let mut rows = vec![[length, 1.0]; 8];
        rows.push([length * others, 1.0]);
        let items = Embeddings::from_rows(&rows).unwrap();
        let queries = Embeddings::from_rows(&[[length, 0.0], [-length, 0.0]]).unwrap();
        let judgements = [vec![Judgement { item: 0, grade: 1 }], vec![Judgement { item: 8, grade: 1 }]];
        for scale in [1.0, 30.0] {
            let expected = by_definition(&queries, &judgements, &items, f64::from(scale));
            for kernels in [true, false] {
                let frozen = Items::new(&items, &Device::flex());
                let items_here = if kernels { frozen } else { frozen.without_kernels() };
                let judged = judgements.iter().map(Vec::as_slice).collect();
                let batch = LossBatch::new(judged).with_item_gradient(true);
                let softmax = Softmax { scale, ..Softmax::default() };
                let value = softmax.evaluate(tensor(&queries), &batch, &items_here).unwrap();
                let case = format!("{length} {others} {scale}, kernels {kernels}");
                // Logits are f32: two that differ by less than a few units in the last place are the same.
                let unit = f64::from(scale) * f64::from(length).powi(2) * f64::from(f32::EPSILON);
                assert!(
                    (value.loss - expected).abs() <= 1e-5 + 2.0 * unit * f64::from(others > 0.9),
                    "{case}: {} {expected}",
                    value.loss
                );
                // With respect to an item: `scale / n · Σᵢ (pᵢⱼ − wᵢⱼ) zᵢ`; over all items the shares less the weights sum to 0.
                let of_items = embeddings_from_tensor(value.item_gradient.unwrap()).unwrap();
                let share = |item: usize| {
                    f64::from(of_items.row(item)[0]) / f64::from(length) / f64::from(scale) * 2.0
                };
                let sum: f64 = (0..9).map(share).sum();
                assert!(sum.abs() < 1e-5, "{case}: shares sum to {sum} beyond 1");
                // To the second query the eight are nothing.
                if others == 0.0 && length >= 1e3 {
                    assert!((share(1) - 0.125).abs() < 1e-6, "{case}: {}", share(1));
                    assert!((share(0) + 0.875).abs() < 1e-6, "{case}: {}", share(0));
                }
            }
        }
    }
}
