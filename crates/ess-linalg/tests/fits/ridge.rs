//! Ridge regression, and each query by the fit of the others.

use ess_core::Embeddings;
use ess_linalg::{Pairs, Procrustes, Ridge, linear_algebra};
use ndarray::{Array2, Axis};
use proptest::prelude::*;

use super::matrices::{close, embeddings, random, wide};

/// Ridge by the normal equations.
fn plain_ridge(queries: &Array2<f64>, targets: &Array2<f64>, added: f64) -> Array2<f64> {
    let gram = queries.t().dot(queries) + Array2::<f64>::eye(queries.ncols()) * added;
    linear_algebra().solve_positive_definite(gram.view(), queries.t().dot(targets).view()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn ridge_solves_the_normal_equations_and_leaves_one_out(
        n in 2_usize..12, d in 1_usize..8, m in 1_usize..6, lambda in 0.01_f64..10.0, seed: u64,
    ) {
        let (queries, targets) = (embeddings(n, d, seed), random(n, m, seed ^ 1));
        let ridge = Ridge::new(&Pairs::new(&queries, targets.clone()).unwrap()).unwrap();
        let q = wide(&queries);
        let added = lambda * q.iter().map(|x| x * x).sum::<f64>() / d as f64;
        close(&ridge.fit(lambda).unwrap().weight().to_owned(), &plain_ridge(&q, &targets, added), 1e-8);

        let left_out = ridge.leave_one_out(lambda).unwrap();
        let mut error = 0.0;
        for row in 0..n {
            let others: Vec<usize> = (0..n).filter(|&other| other != row).collect();
            let weight = plain_ridge(&q.select(Axis(0), &others), &targets.select(Axis(0), &others), added);
            let mapped = q.row(row).dot(&weight);
            for (found, expected) in left_out.mapped.row(row).iter().zip(&mapped) {
                prop_assert!((found - expected).abs() < 1e-7, "{found} {expected}");
            }
            error += (&targets.row(row) - &mapped).mapv(|x| x * x).sum() / n as f64;
        }
        prop_assert!((left_out.error - error).abs() < 1e-6 * error.max(1.0));
        // With H = Q (QᵀQ + λs)⁻¹ Qᵀ it is (‖T − H T‖² / n) / (trace(I − H) / n)².
        let hat = q.dot(&plain_ridge(&q, &Array2::eye(n), added));
        let squares = (&targets - &hat.dot(&targets)).mapv(|x| x * x).sum();
        let rest = n as f64 - hat.diag().sum();
        let expected = n as f64 * squares / (rest * rest);
        let found = left_out.generalised_error;
        prop_assert!((found - expected).abs() < 1e-6 * expected.max(1.0), "{found}, not {expected}");
    }
}

#[test]
fn one_query_in_one_dimension_fits() {
    let queries = Embeddings::from_rows(&[[2.0]]).unwrap();
    let pairs = Pairs::new(&queries, Array2::from_elem((1, 1), 3.0)).unwrap();
    let ridge = Ridge::new(&pairs).unwrap();
    assert!((ridge.fit(0.0).unwrap().weight()[[0, 0]] - 1.5).abs() < 1e-12);
    let left_out = ridge.leave_one_out(0.0).unwrap();
    // Without its one query the fit knows nothing and maps to 0.
    assert!(left_out.mapped[[0, 0]].abs() < 1e-9, "{left_out:?}");
    assert!(
        (left_out.error - 9.0).abs() < 1e-9 && (left_out.generalised_error - 9.0).abs() < 1e-9,
        "{left_out:?}"
    );
    assert!((Procrustes::new(&pairs).fit(0.0).unwrap().weight()[[0, 0]] - 1.0).abs() < 1e-12);
}

/// Each query mapped by the least-squares map of smallest norm of the others.
fn left_out_one_by_one(queries: &Embeddings, targets: &Array2<f64>) -> Array2<f64> {
    let mut mapped = Array2::zeros(targets.dim());
    for row in 0..queries.len() {
        let others: Vec<usize> = (0..queries.len()).filter(|&other| other != row).collect();
        let pairs =
            Pairs::new(&queries.select(&others).unwrap(), targets.select(ndarray::Axis(0), &others)).unwrap();
        let map = Ridge::new(&pairs).unwrap().fit(0.0).unwrap();
        let query = queries.view().row(row).mapv(f64::from);
        mapped.row_mut(row).assign(&query.dot(&map.weight()));
    }
    mapped
}

#[test]
fn leaving_one_out_without_regularisation_is_fitting_without_it() {
    // Fewer queries than dimensions, as many, and more; the last has a direction of its own among many.
    let mut own = vec![vec![0.0_f32; 4]; 7];
    for (row, values) in embeddings(7, 3, 11).rows().zip(&mut own) {
        values[..3].copy_from_slice(row);
    }
    own[6][3] = 2.0;
    let sets =
        [embeddings(3, 5, 1), embeddings(5, 5, 2), embeddings(9, 5, 3), Embeddings::from_rows(&own).unwrap()];
    for queries in sets {
        let targets = random(queries.len(), 2, 4);
        let ridge = Ridge::new(&Pairs::new(&queries, targets.clone()).unwrap()).unwrap();
        let found = ridge.leave_one_out(0.0).unwrap();
        let expected = left_out_one_by_one(&queries, &targets);
        close(&found.mapped, &expected, 1e-4);
        let error = (&targets - &expected).mapv(|x| x * x).sum() / queries.len() as f64;
        assert!((found.error - error).abs() < 1e-3 * error, "{} not {error}", found.error);
        // It is the limit of ever less regularisation, both ways of validation.
        let little = ridge.leave_one_out(1e-7).unwrap();
        for (at_0, near_0) in
            [(found.error, little.error), (found.generalised_error, little.generalised_error)]
        {
            assert!(at_0 > 1e-3 && (at_0 - near_0).abs() < 1e-3 * at_0, "{at_0} {near_0}");
        }
    }
}
