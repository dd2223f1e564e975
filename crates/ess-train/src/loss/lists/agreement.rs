//! Both ways of a list loss compute the same sums, in as many blocks as they may.

use burn::tensor::{Device, Tensor, s};
use ess_core::Embeddings;
use ess_search::{DeviceEncoding, embeddings_from_tensor};

use super::{
    host,
    list::{List, ListLoss, Relevant},
    lists_of_batch::{Lists, OwnList},
    sums::Sums,
    tensors,
    weighed::Weighed,
};
use crate::data::items::{ItemBlock, Items};

const QUERIES: usize = 300;
const ITEMS: usize = 7;
const DIM: usize = 3;

/// Half the squares of the similarities, less that of the relevant candidate.
struct HalfSquares;

impl ListLoss for HalfSquares {
    fn of_list(&self, list: &List<'_>, slopes: &mut [f32]) -> f64 {
        slopes.iter_mut().zip(list.similarities).for_each(|(slope, &similarity)| *slope += similarity);
        let relevant = list.relevant[0].at;
        slopes[relevant] -= 1.0;
        let squares: f64 = list.similarities.iter().map(|&x| f64::from(x).powi(2)).sum();
        squares / 2.0 - f64::from(list.similarities[relevant])
    }
}

fn wave(rows: usize, frequency: f32) -> Embeddings {
    Embeddings::from_vec((0..rows * DIM).map(|i| (i as f32 * frequency).sin()).collect(), DIM).unwrap()
}

fn weights() -> Vec<f32> {
    (0..QUERIES).map(|query| (query % 4) as f32 * 0.5).collect()
}

/// The items of a query's list; the one at `query % length` is relevant.
fn list_of(query: usize, own: bool) -> Vec<usize> {
    if own { (0..=query % ITEMS).map(|step| (query + step) % ITEMS).collect() } else { (0..ITEMS).collect() }
}

fn relevant_of(query: usize, length: usize) -> Vec<Relevant> {
    vec![Relevant { at: query % length, grade: 1 }]
}

/// The loss, its gradient and that of the items, of their definition.
fn by_hand(queries: &Embeddings, items: &Embeddings, own: bool) -> (f64, Vec<f64>, Vec<f64>) {
    let (mut loss, mut gradient, mut of_items) = (0.0, vec![0.0; QUERIES * DIM], vec![0.0; ITEMS * DIM]);
    for (query, weight) in weights().into_iter().map(f64::from).enumerate() {
        let list = list_of(query, own);
        for (at, &item) in list.iter().enumerate() {
            let (z, d) = (queries.row(query), items.row(item));
            let similarity: f64 = z.iter().zip(d).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            let relevant = if at == query % list.len() { 1.0 } else { 0.0 };
            loss += weight * (similarity * similarity / 2.0 - relevant * similarity);
            for i in 0..DIM {
                gradient[query * DIM + i] += weight * (similarity - relevant) * f64::from(d[i]);
                of_items[item * DIM + i] += weight * (similarity - relevant) * f64::from(z[i]);
            }
        }
    }
    (loss, gradient, of_items)
}

/// Checks what `sums` gives with the items' gradient and without, for queries that share a list or have their own.
fn check(own: bool, sums: impl Fn(&Weighed<'_>, Tensor<2>, &Lists, &Items<'_>, bool) -> Sums) {
    let (queries, embeddings) = (wave(QUERIES, 0.37), wave(ITEMS, 0.11));
    let items = Items::new(&embeddings, &Device::flex());
    let lists = if own {
        let own = |query| {
            let items = list_of(query, true);
            OwnList { relevant: relevant_of(query, items.len()), items, teacher: Vec::new() }
        };
        Lists::Own((0..QUERIES).map(own).collect())
    } else {
        let relevant = (0..QUERIES).map(|query| relevant_of(query, ITEMS)).collect();
        Lists::Shared { rows: None, relevant }
    };
    let (loss, gradient, of_items) = by_hand(&queries, &embeddings, own);
    let close = |found: Tensor<2>, expected: &[f64]| {
        let found = embeddings_from_tensor(found).unwrap();
        assert_eq!(found.as_slice().len(), expected.len());
        for (&found, expected) in found.as_slice().iter().zip(expected) {
            let difference = (f64::from(found) - expected).abs();
            assert!(difference < 1e-5 * (1.0 + expected.abs()), "{found} {expected}");
        }
    };
    for items_too in [false, true] {
        let weighed = Weighed { loss: &HalfSquares, weights: weights() };
        let found = sums(&weighed, queries.to_tensors(&Device::flex()), &lists, &items, items_too);
        assert!((found.loss - loss).abs() < 1e-4 * loss.abs(), "{} {loss}", found.loss);
        close(found.gradient, &gradient);
        assert_eq!(found.item_gradient.is_some(), items_too);
        if let Some(found) = found.item_gradient {
            close(found, &of_items);
        }
    }
}

#[test]
fn the_cpu_gives_the_sums_of_the_definition_over_several_blocks() {
    for own in [false, true] {
        check(own, |loss, queries, lists, items, items_too| {
            host::evaluate(loss, queries, lists, items, items_too).unwrap()
        });
    }
}

#[test]
fn tensor_operations_give_the_sums_of_the_definition_in_any_number_of_chunks_and_blocks() {
    for elements in [1, 40 * ITEMS * DIM, 1 << 24] {
        for own in [false, true] {
            check(own, |loss, queries, lists, items, items_too| {
                let device = items.device();
                let all = items.embeddings().to_tensors(device);
                let block = |rows: std::ops::Range<usize>| ItemBlock {
                    first: rows.start,
                    tensor: all.clone().slice(s![rows, ..]),
                };
                let blocks = [block(0..2), block(2..6), block(6..7)];
                match lists {
                    Lists::Own(lists) => tensors::own(loss, queries, lists, items, items_too, elements),
                    Lists::Shared { relevant, .. } => {
                        tensors::shared(loss, queries, relevant, &blocks, items_too, elements)
                    }
                }
                .unwrap()
            });
        }
    }
}
