//! What a query weighs.

use ess_core::Embeddings;
use ess_search::embeddings_from_tensor;

use crate::losses::{
    case::{Case, loss},
    every_loss::LOSSES,
};

/// A query of weight 2 counts as two, one of weight 0 as none: in the loss and in both gradients, by kernels and by tensor
/// operations.
#[test]
fn weights_count_as_copies() {
    let case = Case::new(5, 40, 4, 11);
    let copies = [0, 1, 2, 0, 3];
    let weighed =
        Case { weights: copies.map(|copies| copies as f32).into(), ..case.select(&[0, 1, 2, 3, 4]) };
    let rows: Vec<usize> = (0..5).flat_map(|row| vec![row; copies[row]]).collect();
    let copied = case.select(&rows);
    // The mean over 5 and over the 6 copies.
    let factor = rows.len() as f64 / 5.0;
    for json in LOSSES {
        let loss = loss(json);
        // What other queries of the batch ask for competes with all, whatever they weigh.
        if json.contains("in_batch") {
            continue;
        }
        for kernels in [true, false] {
            let (found, expected) = (weighed.evaluate(&loss, kernels), copied.evaluate(&loss, kernels));
            let off = found.loss - factor * expected.loss;
            assert!(off.abs() < 1e-5 * (1.0 + found.loss.abs()), "{json}: off by {off}");
            let read = |tensor| embeddings_from_tensor(tensor).unwrap();
            let mut sums = vec![vec![0.0; 4]; 5];
            for (row, of_copy) in rows.iter().zip(read(expected.gradient).rows()) {
                sums[*row].iter_mut().zip(of_copy).for_each(|(sum, x)| *sum += factor as f32 * x);
            }
            close(&read(found.gradient), &Embeddings::from_rows(&sums).unwrap(), json);
            if let (Some(found), Some(expected)) = (found.item_gradient, expected.item_gradient) {
                close(&read(found), &read(expected * factor), json);
            }
        }
    }
}

/// More queries than one block of the kernels, one product or one chunk of the tensor operations holds.
#[test]
fn weights_stay_with_their_queries_in_every_block_and_chunk() {
    let shared = r#"{"kind": "triplet", "margin": 0.5, "candidates": "all_items"}"#;
    let own = r#"{"kind": "pairwise_logistic", "scale": 0.1, "candidates": "negatives"}"#;
    let n = 300;
    let cases = [
        (Case::new(n, 40, 3, 1), shared, true),
        (Case::new(n, 60_000, 2, 1), shared, false),
        (Case::new(n, 20, 3, 2), own, true),
        (Case::new(n, 20, 8192, 2), own, false),
    ];
    for (case, json, kernels) in cases {
        let all: Vec<usize> = (0..n).collect();
        for row in [5, 290] {
            let mut weights = vec![0.0; n];
            weights[row] = n as f32;
            let found = Case { weights, ..case.select(&all) }.evaluate(&loss(json), kernels);
            let expected = case.select(&[row]).evaluate(&loss(json), kernels);
            let name = format!("{json}, query {row}, kernels {kernels}");
            assert!((found.loss - expected.loss).abs() < 1e-4 * (1.0 + expected.loss), "{name}");
            let read = |tensor| embeddings_from_tensor(tensor).unwrap();
            let gradient = read(found.gradient);
            close(&gradient.select(&[row]).unwrap(), &read(expected.gradient), &name);
            assert!(gradient.row(n - row).iter().all(|&slope| slope == 0.0), "{name}");
            close(&read(found.item_gradient.unwrap()), &read(expected.item_gradient.unwrap()), &name);
        }
    }
}

fn close(found: &Embeddings, expected: &Embeddings, name: &str) {
    for (found, expected) in found.as_slice().iter().zip(expected.as_slice()) {
        assert!((found - expected).abs() < 1e-4 * (1.0 + expected.abs()), "{name}: {found} {expected}");
    }
}

#[test]
fn weights_in_batch_multiply_each_querys_loss() {
    let case = Case::new(4, 30, 3, 5);
    for json in LOSSES.into_iter().filter(|json| json.contains("in_batch")) {
        let loss = loss(json);
        for kernels in [true, false] {
            let only = |row: usize| {
                let mut weights = vec![0.0; 4];
                weights[row] = 1.0;
                Case { weights, ..case.select(&[0, 1, 2, 3]) }.evaluate(&loss, kernels).loss
            };
            let weighed = Case { weights: vec![2.0, 0.5, 0.0, 1.0], ..case.select(&[0, 1, 2, 3]) };
            let expected = 2.0 * only(0) + 0.5 * only(1) + only(3);
            let found = weighed.evaluate(&loss, kernels).loss;
            assert!((found - expected).abs() < 1e-5 * (1.0 + expected), "{json}: {found} {expected}");
            let whole: f64 = (0..4).map(only).sum();
            assert!((case.evaluate(&loss, kernels).loss - whole).abs() < 1e-5 * (1.0 + whole), "{json}");
        }
    }
}
