//! What the fits are, by their definitions.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_core::{Embeddings, SearchModule};
use ess_linalg::{
    AffineMap, Cca, Error, Moments, Pairs, PrincipalComponents, Procrustes, Ridge, Spectrum, Whitening,
    linear_algebra,
};
use ndarray::{Array2, Axis};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn random(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_fn((rows, columns), |_| random.random_range(-1.0..1.0))
}

fn embeddings(rows: usize, columns: usize, seed: u64) -> Embeddings {
    Embeddings::new(random(rows, columns, seed).mapv(|x| x as f32)).unwrap()
}

fn wide(embeddings: &Embeddings) -> Array2<f64> {
    embeddings.view().mapv(f64::from)
}

#[track_caller]
fn close(found: &Array2<f64>, expected: &Array2<f64>, tolerance: f64) {
    let error = (found - expected).iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    assert!(error <= tolerance, "off by {error:e}");
}

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

    #[test]
    fn procrustes_is_orthogonal_and_no_rotation_is_closer(d in 1_usize..6, seed: u64, lambda in 0.0_f64..2.0) {
        let (queries, targets) = (embeddings(12, d, seed), random(12, d, seed ^ 1));
        let procrustes = Procrustes::new(&Pairs::new(&queries, targets.clone()).unwrap());
        let rotation = procrustes.fit(lambda).unwrap().weight().to_owned();
        close(&rotation.t().dot(&rotation), &Array2::eye(d), 1e-10);
        let distance = |rotation: &Array2<f64>| (wide(&queries).dot(rotation) - &targets).mapv(|x| x * x).sum();
        let best = procrustes.fit(0.0).unwrap().weight().to_owned();
        for other in 0..8 {
            let svd = linear_algebra().thin_svd(random(d, d, seed ^ (other + 2)).view()).unwrap();
            prop_assert!(distance(&best) <= distance(&svd.u.dot(&svd.vt)) + 1e-9);
        }
    }
}

#[test]
fn regularisation_takes_ridge_to_zero_and_procrustes_to_the_identity() {
    let pairs = Pairs::new(&embeddings(9, 4, 1), random(9, 4, 2)).unwrap();
    let strong = Ridge::new(&pairs).unwrap().fit(1e12).unwrap();
    close(&strong.weight().to_owned(), &Array2::zeros((4, 4)), 1e-10);
    close(&strong.plus_identity().unwrap().weight().to_owned(), &Array2::eye(4), 1e-10);
    let strong = Procrustes::new(&pairs).fit(1e12).unwrap();
    close(&strong.weight().to_owned(), &Array2::eye(4), 1e-10);
}

#[test]
fn procrustes_finds_the_rotation_that_was_applied_also_between_dimensions() {
    let queries = embeddings(20, 3, 5);
    let rotation = linear_algebra().thin_svd(random(3, 5, 6).view()).unwrap();
    let rotation = rotation.u.dot(&rotation.vt);
    let pairs = Pairs::new(&queries, wide(&queries).dot(&rotation)).unwrap();
    close(&Procrustes::new(&pairs).fit(0.0).unwrap().weight().to_owned(), &rotation, 1e-6);
    assert!(matches!(Procrustes::new(&pairs).fit(0.1), Err(Error::Parameter { .. })));
}

#[test]
fn cca_recovers_what_two_sides_share() {
    // Two latent directions, seen on each side through a map of its own.
    let (latent, noise) = (random(400, 2, 1), random(400, 4, 2));
    let queries = latent.dot(&random(2, 4, 3)) + noise * 0.05;
    let targets = latent.dot(&random(2, 3, 4));
    let queries = Embeddings::new(queries.mapv(|x| x as f32)).unwrap();
    let cca = Cca::new(&Pairs::new(&queries, targets.clone()).unwrap(), 1e-3).unwrap();
    assert!(cca.correlations()[1] > 0.9, "{}", cca.correlations());
    assert!(cca.correlations()[2] < 0.5, "{}", cca.correlations());
    let mapped = wide(&cca.map(2).unwrap().apply(&queries).unwrap());
    // Mapped queries have mean zero, and point where their targets do.
    assert!(mapped.mean_axis(Axis(0)).unwrap().iter().all(|x| x.abs() < 1e-4));
    let centred = &targets - &targets.mean_axis(Axis(0)).unwrap();
    assert!((&mapped * &centred).sum_axis(Axis(1)).iter().filter(|&&product| product > 0.0).count() > 380);
    assert!(matches!(cca.map(0), Err(Error::Parameter { .. })));
    assert!(matches!(cca.map(4), Err(Error::Parameter { .. })));
}

#[test]
fn whitened_vectors_have_unit_covariance_and_half_of_it_twice_is_the_whole() {
    let vectors = embeddings(200, 5, 8);
    let whitening = Whitening::new(&Moments::of(&vectors)).unwrap();
    let white = Moments::of(&whitening.map(0.5, 0.0).unwrap().apply(&vectors).unwrap());
    close(&white.covariance().to_owned(), &Array2::eye(5), 1e-4);
    assert!(white.mean().iter().all(|x| x.abs() < 1e-4));
    let (half, whole) = (whitening.map(0.5, 0.1).unwrap(), whitening.map(1.0, 0.1).unwrap());
    close(&half.weight().dot(&half.weight()), &whole.weight().to_owned(), 1e-8);
    close(&whitening.map(0.0, 0.0).unwrap().weight().to_owned(), &Array2::eye(5), 1e-10);
    assert!(matches!(whitening.map(1.5, 0.0), Err(Error::Parameter { .. })));
}

#[test]
fn whitening_both_sides_ranks_as_one_map_of_queries() {
    let (queries, items) = (embeddings(6, 4, 1), embeddings(30, 4, 2));
    let whitening = Whitening::new(&Moments::of(&items)).unwrap();
    let half = whitening.map(0.5, 0.1).unwrap();
    let both = half.apply(&queries).unwrap().view().dot(&half.apply(&items).unwrap().view().t());
    let one = whitening.map(1.0, 0.1).unwrap().apply(&queries).unwrap().view().dot(&items.view().t());
    for (both, one) in both.rows().into_iter().zip(one.rows()) {
        let difference = &both - &one;
        assert!(difference.iter().all(|x| (x - difference[0]).abs() < 1e-3), "{difference}");
    }
}

#[test]
fn components_kept_and_removed_are_all_there_is() {
    let vectors = embeddings(50, 6, 9);
    let components = PrincipalComponents::new(&Moments::of(&vectors)).unwrap();
    let whole = components.keep(2).unwrap().weight().to_owned() + components.remove(2).unwrap().weight();
    close(&whole, &Array2::eye(6), 1e-10);
    close(&components.keep(6).unwrap().weight().to_owned(), &Array2::eye(6), 1e-10);
    let kept = Moments::of(&components.keep(2).unwrap().apply(&vectors).unwrap());
    let shown = components.variances().iter().take(2).sum::<f64>();
    assert!((kept.covariance().diag().sum() - shown).abs() < 1e-6);
    assert!(components.keep(0).is_err() && components.keep(7).is_err() && components.remove(6).is_err());
}

#[test]
fn a_blend_lies_between_and_rescaling_keeps_directions() {
    let queries = embeddings(10, 3, 4);
    let map = AffineMap::with_bias(random(3, 3, 5), random(1, 3, 6).row(0).to_owned()).unwrap();
    let mapped = wide(&map.apply(&queries).unwrap());
    let blend = wide(&map.blended(0.25).unwrap().apply(&queries).unwrap());
    close(&blend, &(wide(&queries) * 0.75 + &mapped * 0.25), 1e-6);
    let rescaled = wide(&map.rescaled(&queries).unwrap().apply(&queries).unwrap());
    let square = |rows: &Array2<f64>| rows.iter().map(|x| x * x).sum::<f64>();
    assert!((square(&rescaled) - square(&wide(&queries))).abs() < 1e-4);
    close(&(&rescaled * (square(&mapped) / square(&rescaled)).sqrt()), &mapped, 1e-5);
    assert!(AffineMap::linear(random(2, 3, 1)).unwrap().blended(0.5).is_err());
    assert!(map.to_matrix_module().is_err());
}

#[test]
fn vectors_that_teach_nothing_are_refused() {
    let equal = Embeddings::from_rows(&[[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]).unwrap();
    let moments = Moments::of(&equal);
    assert!(matches!(Whitening::new(&moments), Err(Error::NoVariance { .. })));
    assert!(matches!(PrincipalComponents::new(&moments), Err(Error::NoVariance { .. })));
    assert!(matches!(Spectrum::of(&moments), Err(Error::NoVariance { .. })));
    let pairs = Pairs::new(&equal, random(3, 2, 1)).unwrap();
    assert!(matches!(Cca::new(&pairs, 0.1), Err(Error::NoVariance { .. })));
    let zeros = Embeddings::from_rows(&[[0.0, 0.0]]).unwrap();
    let pairs = Pairs::new(&zeros, random(1, 2, 1)).unwrap();
    assert!(matches!(Ridge::new(&pairs), Err(Error::NoVariance { .. })));
    assert!(matches!(Procrustes::new(&pairs).fit(0.0), Err(Error::NoVariance { .. })));
}

#[test]
fn wrong_targets_and_parameters_are_refused() {
    let queries = embeddings(3, 2, 1);
    assert!(matches!(Pairs::new(&queries, random(2, 2, 1)), Err(Error::Shape { .. })));
    assert!(matches!(Pairs::new(&queries, Array2::zeros((3, 0))), Err(Error::Shape { .. })));
    let mut bad = random(3, 2, 1);
    bad[[2, 1]] = f64::INFINITY;
    assert!(matches!(Pairs::new(&queries, bad), Err(Error::NonFinite { row: 2, column: 1, .. })));
    let pairs = Pairs::new(&queries, random(3, 2, 1)).unwrap();
    let ridge = Ridge::new(&pairs).unwrap();
    for lambda in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(ridge.fit(lambda), Err(Error::Parameter { .. })));
        assert!(matches!(ridge.leave_one_out(lambda), Err(Error::Parameter { .. })));
        assert!(matches!(Procrustes::new(&pairs).fit(lambda), Err(Error::Parameter { .. })));
        assert!(matches!(Cca::new(&pairs, lambda), Err(Error::Parameter { .. })));
    }
    let huge = AffineMap::linear(Array2::from_elem((1, 1), 1e300));
    assert!(matches!(huge, Err(Error::Core(ess_core::Error::NonFinite { .. }))));
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

#[test]
fn no_orthonormal_map_is_nearer_than_procrustes() {
    for (count, query_dim, item_dim, seed) in [
        (20, 5, 3, 1),
        (20, 5, 3, 2),
        (40, 8, 2, 3),
        (12, 6, 5, 4),
        (4, 6, 3, 5),
        (30, 4, 1, 6),
        (30, 3, 5, 7),
    ] {
        // Directions whose scales differ much, which is where the balanced solution is far off.
        let mut wide = wide(&embeddings(count, query_dim, seed));
        for (column, scale) in wide.columns_mut().into_iter().zip([9.0, 3.0, 1.0, 0.3, 0.1, 5.0, 0.5, 2.0]) {
            column.into_iter().for_each(|x| *x *= scale);
        }
        let values = wide.iter().map(|&x| x as f32).collect();
        let queries = Embeddings::from_vec(values, query_dim).unwrap();
        let targets = random(count, item_dim, 100 + seed);
        let squares = |map: &Array2<f64>| (wide.dot(map) - &targets).mapv(|x| x * x).sum();
        let pairs = Pairs::new(&queries, targets.clone()).unwrap();
        let found = Procrustes::new(&pairs).fit(0.0).unwrap().weight().to_owned();
        let (few, product) = (
            query_dim.min(item_dim),
            if query_dim > item_dim { found.t().dot(&found) } else { found.dot(&found.t()) },
        );
        close(&product, &Array2::eye(few), 1e-9);
        let reached = squares(&found);
        if (query_dim, item_dim) == (5, 3) {
            // `U Vᵀ` leaves about thirty times as much here, at least seventeen times in sixty such draws.
            let balanced = squares(&nearest(&wide.t().dot(&targets)));
            assert!(balanced > 5.0 * reached, "{balanced} by U Vᵀ, and {reached}");
        }
        for other in 0..400 {
            let other = nearest(&random(query_dim, item_dim, 1000 + other));
            // Random maps, and small steps away from what was found.
            let close_by = nearest(&(&found + &(&other * 0.05)));
            for map in [other, close_by] {
                assert!(
                    reached <= squares(&map) * (1.0 + 1e-6),
                    "{query_dim} to {item_dim}: {reached}, not {}",
                    squares(&map)
                );
            }
        }
    }
}

/// The matrix with orthonormal rows or columns that is nearest to this one.
fn nearest(matrix: &Array2<f64>) -> Array2<f64> {
    let svd = linear_algebra().thin_svd(matrix.view()).unwrap();
    svd.u.dot(&svd.vt)
}

/// Queries of 136 dimensions, an orthonormal map to 32, and targets that are what it maps them to with noise; scales differ on
/// both sides. These are more than the 64 × 64 entries up to which fits have many starts.
fn of_many_dimensions() -> (Embeddings, Array2<f64>, Array2<f64>) {
    let scales = |dim: usize, scales: [f64; 3]| Array2::from_shape_fn((1, dim), |(_, i)| scales[i % 3]);
    let queries = random(600, 136, 1) * scales(136, [2.0, 1.0, 0.5]);
    let queries = Embeddings::new(queries.mapv(|x| x as f32)).unwrap();
    let planted = nearest(&random(136, 32, 2));
    let targets = wide(&queries).dot(&planted) * scales(32, [0.5, 1.0, 1.5]) + random(600, 32, 3) * 0.5;
    (queries, planted, targets)
}

#[test]
fn procrustes_of_many_dimensions_reaches_a_minimum_too() {
    let (queries, planted, targets) = of_many_dimensions();
    let wide = wide(&queries);
    let squares = |map: &Array2<f64>| (wide.dot(map) - &targets).mapv(|x| x * x).sum();
    let pairs = Pairs::new(&queries, targets.clone()).unwrap();
    let found = Procrustes::new(&pairs).fit(0.0).unwrap().weight().to_owned();
    close(&found.t().dot(&found), &Array2::eye(32), 1e-9);
    let reached = squares(&found);
    for seed in 0..50 {
        let other = nearest(&random(136, 32, 1000 + seed));
        for step in [0.001, 0.05] {
            let near = squares(&nearest(&(&found + &(&other * step))));
            assert!(reached <= near * (1.0 + 1e-9), "{reached}, not {near} a step of {step} away");
        }
        assert!(reached < squares(&other), "{reached}, not {}", squares(&other));
    }
    let balanced = squares(&nearest(&wide.t().dot(&targets)));
    assert!(reached < 0.999 * balanced, "{reached}, and {balanced} by U Vᵀ, which is no minimum");
    assert!(reached <= squares(&planted), "{reached}, and {} by what was planted", squares(&planted));
    // Where the sum of squares is least, its gradient has no part along the orthonormal matrices.
    let gradient = wide.t().dot(&(wide.dot(&found) - &targets));
    let across = found.t().dot(&gradient);
    let along = &gradient - &found.dot(&((&across + &across.t()) * 0.5));
    let length = |matrix: &Array2<f64>| matrix.mapv(|x| x * x).sum().sqrt();
    assert!(length(&along) < 1e-3 * length(&gradient), "{} of {}", length(&along), length(&gradient));
}

#[test]
fn a_pair_of_weight_two_counts_as_two() {
    let (queries, targets) = (embeddings(12, 4, 21), random(12, 4, 22));
    let weights: Vec<f64> = (0..12).map(|row| [2.0, 0.0, 1.0, 3.0][row % 4]).collect();
    let rows: Vec<usize> =
        weights.iter().enumerate().flat_map(|(row, &weight)| vec![row; weight as usize]).collect();
    let again = Pairs::new(&queries.select(&rows).unwrap(), targets.select(Axis(0), &rows)).unwrap();
    let pairs = Pairs::new(&queries, targets).unwrap();
    let tenfold: Vec<f64> = weights.iter().map(|weight| 10.0 * weight).collect();
    for lambda in [0.01, 1.0] {
        let [found, scaled, expected, plain] = [
            Ridge::weighted(&pairs, &weights),
            Ridge::weighted(&pairs, &tenfold),
            Ridge::new(&again),
            Ridge::new(&pairs),
        ]
        .map(|ridge| ridge.unwrap().fit(lambda).unwrap().weight().to_owned());
        close(&found, &expected, 1e-9);
        close(&scaled, &expected, 1e-9);
        assert!((&found - &plain).iter().any(|x| x.abs() > 1e-3));
        let found = Procrustes::weighted(&pairs, &weights).unwrap().fit(lambda).unwrap();
        close(
            &found.weight().to_owned(),
            &Procrustes::new(&again).fit(lambda).unwrap().weight().to_owned(),
            1e-9,
        );
    }
    let left_out = Ridge::weighted(&pairs, &weights).unwrap().leave_one_out(1.0);
    assert!(matches!(left_out, Err(Error::Parameter { .. })));
    let one = |bad: f64| [vec![1.0; 11], vec![bad]].concat();
    for bad in [vec![0.0; 12], vec![-1.0; 12], one(-1.0), one(f64::NAN), one(f64::INFINITY)] {
        assert!(matches!(Ridge::weighted(&pairs, &bad), Err(Error::Parameter { .. })));
        assert!(matches!(Procrustes::weighted(&pairs, &bad), Err(Error::Parameter { .. })));
    }
    assert!(matches!(Ridge::weighted(&pairs, &[1.0]), Err(Error::Shape { .. })));
}
