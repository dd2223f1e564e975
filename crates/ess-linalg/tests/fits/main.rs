//! What the fits are, by their definitions.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod matrices;
mod procrustes;
mod ridge;

use ess_core::{Embeddings, SearchModule};
use ess_linalg::{
    AffineMap, Cca, Error, Moments, Pairs, PrincipalComponents, Procrustes, Ridge, Spectrum, Whitening,
};
use ndarray::{Array2, Axis};

use self::matrices::{close, embeddings, random, wide};

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
