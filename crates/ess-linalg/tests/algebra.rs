//! The same promises for every library behind the seam, and that they agree.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_linalg::{Error, Faer, LinearAlgebra};
use ndarray::{Array1, Array2, array, s};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn libraries() -> Vec<(&'static str, &'static dyn LinearAlgebra)> {
    vec![
        ("faer", &Faer),
        #[cfg(feature = "openblas-system")]
        ("LAPACK", &ess_linalg::Lapack),
    ]
}

fn random(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_fn((rows, columns), |_| random.random_range(-1.0..1.0))
}

fn largest(matrix: &Array2<f64>) -> f64 {
    matrix.iter().fold(0.0, |most, value| most.max(value.abs()))
}

#[track_caller]
fn close(found: &Array2<f64>, expected: &Array2<f64>, what: &str) {
    let error = largest(&(found - expected));
    assert!(error <= 1e-10 * largest(expected).max(1.0), "{what}: off by {error:e}");
}

fn falling(values: &Array1<f64>) -> bool {
    values.as_slice().unwrap().windows(2).all(|pair| pair[0] >= pair[1])
}

fn check_solution(
    name: &str,
    algebra: &dyn LinearAlgebra,
    dim: usize,
    sides: usize,
    seed: u64,
) -> Array2<f64> {
    let root = random(dim + 3, dim, seed);
    let a = root.t().dot(&root) + Array2::<f64>::eye(dim) * 0.1;
    let x = random(dim, sides, seed + 1);
    let found = algebra.solve_positive_definite(a.view(), a.dot(&x).view()).unwrap();
    close(&found, &x, &format!("{name}: solution of {dim} equations"));
    // Above the diagonal nothing is read.
    let mut lower = a.clone();
    lower.slice_mut(s![0, 1..]).fill(7.0);
    close(&algebra.solve_positive_definite(lower.view(), a.dot(&x).view()).unwrap(), &x, name);
    found
}

fn check_svd(name: &str, algebra: &dyn LinearAlgebra, a: &Array2<f64>) -> Array1<f64> {
    let svd = algebra.thin_svd(a.view()).unwrap();
    let k = a.nrows().min(a.ncols());
    assert_eq!((svd.u.dim(), svd.vt.dim(), svd.singular_values.len()), ((a.nrows(), k), (k, a.ncols()), k));
    assert!(falling(&svd.singular_values) && svd.singular_values[k - 1] >= 0.0);
    close(&(&svd.u * &svd.singular_values).dot(&svd.vt), a, &format!("{name}: singular value decomposition"));
    close(&svd.u.t().dot(&svd.u), &Array2::eye(k), &format!("{name}: left singular vectors"));
    close(&svd.vt.dot(&svd.vt.t()), &Array2::eye(k), &format!("{name}: right singular vectors"));
    svd.singular_values
}

fn check_eigen(name: &str, algebra: &dyn LinearAlgebra, a: &Array2<f64>) -> Array1<f64> {
    let eigen = algebra.symmetric_eigen(a.view()).unwrap();
    assert!(falling(&eigen.values));
    let rebuilt = (&eigen.vectors * &eigen.values).dot(&eigen.vectors.t());
    close(&rebuilt, a, &format!("{name}: eigendecomposition"));
    close(&eigen.vectors.t().dot(&eigen.vectors), &Array2::eye(a.nrows()), &format!("{name}: eigenvectors"));
    eigen.values
}

fn rows(values: Vec<Array1<f64>>) -> Vec<Array2<f64>> {
    values.into_iter().map(|values| values.insert_axis(ndarray::Axis(0))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn libraries_keep_their_promises_and_agree(rows_of in 1_usize..24, columns in 1_usize..24, seed: u64) {
        let seed = seed >> 1;
        let a = random(rows_of, columns, seed);
        let mut symmetric = random(rows_of, rows_of, seed);
        symmetric = &symmetric + &symmetric.t();
        let each = |check: &dyn Fn(&str, &dyn LinearAlgebra) -> Array1<f64>| {
            rows(libraries().into_iter().map(|(name, algebra)| check(name, algebra)).collect())
        };
        let singular = each(&|name, algebra| check_svd(name, algebra, &a));
        let eigen = each(&|name, algebra| check_eigen(name, algebra, &symmetric));
        for values in [singular, eigen] {
            values[1..].iter().for_each(|other| close(other, &values[0], "spectra of two libraries"));
        }
        let solutions: Vec<_> = libraries()
            .into_iter()
            .map(|(name, algebra)| check_solution(name, algebra, rows_of, columns, seed))
            .collect();
        solutions[1..].iter().for_each(|other| close(other, &solutions[0], "solutions of two libraries"));
    }
}

#[test]
fn large_low_rank_and_repeated() {
    let low_rank = random(120, 5, 1).dot(&random(5, 90, 2));
    let equal = Array2::<f64>::eye(40);
    for (name, algebra) in libraries() {
        let values = check_svd(name, algebra, &low_rank);
        assert!(values[5] < 1e-12 * values[0], "{name}: rank 5");
        check_svd(name, algebra, &equal);
        check_eigen(name, algebra, &equal);
        check_eigen(name, algebra, &Array2::zeros((4, 4)));
        check_svd(name, algebra, &Array2::zeros((4, 3)));
    }
}

#[test]
fn a_slice_in_any_layout_is_read_as_it_stands() {
    let wide = random(9, 14, 3);
    let slice = wide.slice(s![1..;2, ..5]);
    for (name, algebra) in libraries() {
        check_svd(name, algebra, &slice.to_owned());
        let (of_view, of_copy) =
            (algebra.thin_svd(slice).unwrap(), algebra.thin_svd(slice.to_owned().view()).unwrap());
        close(&of_view.u, &of_copy.u, name);
        let turned = algebra.thin_svd(wide.t()).unwrap();
        close(&(&turned.u * &turned.singular_values).dot(&turned.vt), &wide.t().to_owned(), name);
    }
}

#[test]
fn matrices_that_cannot_be_are_refused() {
    let nan = array![[1.0, 0.0], [f64::NAN, 1.0]];
    let (wide, indefinite) = (Array2::<f64>::zeros((2, 3)), array![[1.0, 2.0], [2.0, 1.0]]);
    let (empty, side) = (Array2::<f64>::zeros((0, 3)), Array2::<f64>::ones((2, 1)));
    for (_, algebra) in libraries() {
        let not_finite = |found| matches!(found, Err(Error::NonFinite { row: 1, column: 0, .. }));
        assert!(not_finite(algebra.thin_svd(nan.view()).map(drop)));
        assert!(not_finite(algebra.symmetric_eigen(nan.view()).map(drop)));
        assert!(not_finite(algebra.solve_positive_definite(nan.view(), side.view()).map(drop)));
        assert!(matches!(algebra.thin_svd(empty.view()), Err(Error::Shape { .. })));
        assert!(matches!(algebra.symmetric_eigen(wide.view()), Err(Error::Shape { found: [2, 3], .. })));
        let found = algebra.solve_positive_definite(indefinite.view(), side.view());
        assert!(matches!(found, Err(Error::NotPositiveDefinite { dim: 2 })));
        let eye = Array2::<f64>::eye(3);
        let found = algebra.solve_positive_definite(eye.view(), side.view());
        assert!(matches!(found, Err(Error::Shape { expected: [3, 1], found: [2, 1], .. })));
    }
}
