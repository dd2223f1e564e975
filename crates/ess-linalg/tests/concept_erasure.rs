//! LEACE by what it promises: nothing linear is left of the concept, and no other map that does so changes less.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_core::{Embeddings, SearchModule};
use ess_linalg::{AffineMap, ConceptErasure, Error, Pairs, linear_algebra};
use ndarray::{Array2, Axis, array};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn random(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_fn((rows, columns), |_| random.random_range(-1.0..1.0))
}

fn embeddings(rows: &Array2<f64>) -> Embeddings {
    Embeddings::new(rows.mapv(|x| x as f32)).unwrap()
}

fn wide(embeddings: &Embeddings) -> Array2<f64> {
    embeddings.view().mapv(f64::from)
}

/// Vectors of `rank` dimensions among `d`, off the origin, and a concept that they say in part.
fn told(n: usize, d: usize, rank: usize, k: usize, seed: u64) -> (Embeddings, Array2<f64>) {
    let vectors = random(n, rank, seed).dot(&random(rank, d, seed ^ 1)) + random(1, d, seed ^ 2);
    let vectors = embeddings(&vectors);
    let concept = wide(&vectors).dot(&random(d, k, seed ^ 3)) + random(n, k, seed ^ 4) * 0.3;
    (vectors, concept)
}

fn fit(vectors: &Embeddings, concept: &Array2<f64>) -> ConceptErasure {
    ConceptErasure::new(&Pairs::new(vectors, concept.clone()).unwrap()).unwrap()
}

fn centred(rows: &Array2<f64>) -> Array2<f64> {
    rows - &rows.mean_axis(Axis(0)).unwrap()
}

fn covariance(vectors: &Array2<f64>, concept: &Array2<f64>) -> Array2<f64> {
    centred(vectors).t().dot(&centred(concept)) / vectors.nrows() as f64
}

/// In f64, without the rounding of vectors.
fn applied(map: &AffineMap, vectors: &Array2<f64>) -> Array2<f64> {
    vectors.dot(&map.weight()) + map.bias().unwrap()
}

/// How much of the concept's variance the best linear predictor explains, along directions of more variance than `least`.
fn predicted(vectors: &Array2<f64>, concept: &Array2<f64>, least: f64) -> f64 {
    let own = covariance(vectors, vectors);
    let eigen = linear_algebra().symmetric_eigen(own.view()).unwrap();
    let along = eigen.vectors.t().dot(&covariance(vectors, concept));
    let usable = eigen.values.iter().take_while(|&&value| value > least).count();
    (0..usable).map(|axis| along.row(axis).dot(&along.row(axis)) / eigen.values[axis]).sum()
}

fn most(matrix: &Array2<f64>) -> f64 {
    matrix.iter().fold(0.0_f64, |most, x| most.max(x.abs()))
}

fn squares(matrix: &Array2<f64>) -> f64 {
    matrix.iter().map(|x| x * x).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_linear_is_left_of_the_concept_and_the_two_parts_are_the_whole(
        n in 2_usize..40, d in 1_usize..8, lost in 0_usize..4, k in 1_usize..5, seed: u64,
    ) {
        let (vectors, concept) = told(n, d, d.saturating_sub(lost).max(1), k, seed);
        let erasure = fit(&vectors, &concept);
        prop_assert!(erasure.directions() <= k.min(d));
        let (erase, keep) = (erasure.erase().unwrap(), erasure.keep().unwrap());
        let (whole, left) = (wide(&vectors), applied(&erase, &wide(&vectors)));
        let covariance = most(&covariance(&left, &concept));
        prop_assert!(covariance < 1e-5, "a covariance of {covariance:e} is left");
        let least = 1e-9 * squares(&centred(&whole)) / n as f64;
        let gain = predicted(&left, &concept, least);
        prop_assert!(gain < 1e-5, "a linear predictor explains {gain:e}");
        // The mean stays, and what is kept is what was erased.
        let mean = |rows: &Array2<f64>| rows.mean_axis(Axis(0)).unwrap().insert_axis(Axis(0));
        prop_assert!(most(&(mean(&left) - mean(&whole))) < 1e-6);
        prop_assert!(most(&(applied(&keep, &whole) + &left - &whole)) < 1e-6);
        // Once more changes nothing, and keeping after erasing keeps nothing.
        prop_assert!(most(&(applied(&erase, &left) - &left)) < 1e-5);
        prop_assert!(most(&applied(&keep, &left)) < 1e-5);
    }

    #[test]
    fn no_other_map_without_the_concept_changes_less(
        n in 12_usize..40, d in 2_usize..7, k in 1_usize..4, seed: u64, step in 0.001_f64..2.0,
    ) {
        let (vectors, concept) = told(n, d, d, k, seed);
        let rows = centred(&wide(&vectors));
        let leace = fit(&vectors, &concept).keep().unwrap().weight().to_owned();
        let cross = covariance(&rows, &concept);
        let svd = linear_algebra().thin_svd(cross.view()).unwrap();
        let rank = svd.singular_values.iter().take_while(|&&value| value > 1e-9 * svd.singular_values[0]).count();
        let basis = svd.u.slice(ndarray::s![.., ..rank]).to_owned();
        // What such maps may read besides: all that has no part along the covariance.
        let free = Array2::<f64>::eye(d) - basis.dot(&basis.t());
        let other = free.dot(&random(d, rank, seed ^ 9)).dot(&basis.t()) * step;
        let orthogonal = basis.dot(&basis.t());
        let least = squares(&rows.dot(&leace));
        for removed in [orthogonal.clone(), &orthogonal + &other, &leace + &other, &leace - &other] {
            prop_assert!(most(&covariance(&(&rows - &rows.dot(&removed)), &concept)) < 1e-6);
            let change = squares(&rows.dot(&removed));
            prop_assert!(least <= change * (1.0 + 1e-9) + 1e-9, "{least}, not {change}");
        }
    }
}

#[test]
fn the_orthogonal_projection_changes_more() {
    // A covariance of (1, .5): the orthogonal projection changes 1.3 in the mean, LEACE 1.25.
    let vectors = Embeddings::from_rows(&[[1.0, 1.0], [-1.0, -1.0], [1.0, 0.0], [-1.0, 0.0]]).unwrap();
    let concept = array![[1.0], [-1.0], [1.0], [-1.0]];
    let erasure = fit(&vectors, &concept);
    let removed = erasure.keep().unwrap().weight().to_owned();
    assert!(most(&(&removed - &array![[1.0, 0.5], [0.0, 0.0]])) < 1e-9, "{removed}");
    assert!((squares(&wide(&vectors).dot(&removed)) / 4.0 - 1.25).abs() < 1e-9);
    let along = array![[0.8, 0.4], [0.4, 0.2]];
    assert!((squares(&wide(&vectors).dot(&along)) / 4.0 - 1.3).abs() < 1e-9);
    assert!(predicted(&wide(&vectors), &concept, 1e-9) > 0.99);
}

#[test]
fn directions_along_which_vectors_do_not_vary_stay() {
    // Fewer vectors than dimensions: they say everything of the concept, and are flat along most directions.
    let (vectors, concept) = (embeddings(&random(5, 12, 1)), random(5, 2, 2));
    let erasure = fit(&vectors, &concept);
    assert_eq!(erasure.directions(), 2);
    let erase = erasure.erase().unwrap();
    assert!(most(&covariance(&applied(&erase, &wide(&vectors)), &concept)) < 1e-8);
    let own = covariance(&wide(&vectors), &wide(&vectors));
    let flat = linear_algebra().symmetric_eigen(own.view()).unwrap().vectors.slice_move(ndarray::s![.., 4..]);
    assert!(most(&(flat.t().dot(&erase.weight()) - flat.t())) < 1e-6);
    // In f32, as it searches.
    let erased = wide(&erase.apply(&vectors).unwrap());
    assert!(most(&covariance(&erased, &concept)) < 1e-6);
}

#[test]
fn what_is_erased_is_not_found_again() {
    let (vectors, concept) = told(60, 5, 5, 2, 3);
    let erasure = fit(&vectors, &concept);
    assert_eq!(erasure.directions(), 2);
    let erased = erasure.erase().unwrap().apply(&vectors).unwrap();
    let again = fit(&erased, &concept);
    assert_eq!(again.directions(), 0);
    assert!(most(&(again.erase().unwrap().weight().to_owned() - Array2::<f64>::eye(5))) < 1e-12);
    assert!(most(&again.keep().unwrap().weight().to_owned()) == 0.0);
}

#[test]
fn a_concept_counts_by_its_directions_and_not_by_scale_or_number_of_columns() {
    let (vectors, concept) = told(40, 4, 4, 1, 5);
    let column = |factor: f64, added: f64| &concept * factor + added;
    let many = [column(1e-9, 0.0), column(1e200, 1e200), column(-1.0, 3.0), column(0.0, 7.0)];
    let many = ndarray::concatenate(Axis(1), &many.each_ref().map(|column| column.view())).unwrap();
    let (one, many) = (fit(&vectors, &concept), fit(&vectors, &many));
    assert_eq!((one.directions(), many.directions()), (1, 1));
    let difference = one.erase().unwrap().weight().to_owned() - many.erase().unwrap().weight();
    assert!(most(&difference) < 1e-8);
}

#[test]
fn others_say_what_is_little_change_and_nothing_of_the_concept() {
    let (vectors, concept) = told(12, 4, 4, 1, 6);
    let pairs = Pairs::new(&vectors, concept.clone()).unwrap();
    let own = ConceptErasure::among(&pairs, &vectors).unwrap();
    let alone = fit(&vectors, &concept).erase().unwrap().weight().to_owned();
    assert!(most(&(own.erase().unwrap().weight().to_owned() - &alone)) < 1e-8);
    // Others of which one dimension varies most: it is changed least.
    let others = embeddings(&(random(300, 4, 7) * array![[30.0, 1.0, 1.0, 1.0]]));
    let among = ConceptErasure::among(&pairs, &others).unwrap();
    let erase = among.erase().unwrap();
    assert!(most(&covariance(&applied(&erase, &wide(&vectors)), &concept)) < 1e-8);
    let both = ndarray::concatenate(Axis(0), &[wide(&vectors).view(), wide(&others).view()]).unwrap();
    let change = |weight: &Array2<f64>| squares(&(centred(&both).dot(weight) - centred(&both)));
    let (least, alone) = (change(&erase.weight().to_owned()), change(&alone));
    assert!(least < 0.9 * alone, "{least}, not {alone}");
    let narrow = embeddings(&random(5, 3, 8));
    assert!(matches!(ConceptErasure::among(&pairs, &narrow), Err(Error::Core(_))));
}

#[test]
fn what_has_no_concept_is_refused_or_left_as_it_is() {
    let vectors = embeddings(&random(6, 3, 1));
    assert!(matches!(Pairs::new(&vectors, Array2::zeros((6, 0))), Err(Error::Shape { .. })));
    assert!(matches!(Pairs::new(&vectors, Array2::zeros((0, 1))), Err(Error::Shape { .. })));
    assert!(Embeddings::new(Array2::zeros((0, 3))).is_err());
    let mut concept = random(6, 2, 2);
    concept[[4, 1]] = f64::NAN;
    assert!(matches!(Pairs::new(&vectors, concept), Err(Error::NonFinite { row: 4, column: 1, .. })));
    let same = |vectors: &Embeddings, concept: Array2<f64>| {
        ConceptErasure::new(&Pairs::new(vectors, concept).unwrap())
    };
    let what = |found: Result<ConceptErasure, Error>| match found {
        Err(Error::NoVariance { what }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(what(same(&vectors, Array2::from_elem((6, 2), 0.1))), "numbers of a concept");
    let equal = Embeddings::from_rows(&[[0.1, 0.7]; 6]).unwrap();
    assert_eq!(what(same(&equal, random(6, 1, 3))), "vectors to erase a concept from");
    let one = Embeddings::from_rows(&[[1.0, 2.0]]).unwrap();
    assert_eq!(what(same(&one, array![[1.0]])), "vectors to erase a concept from");

    // Whether two signs agree is nothing that a linear predictor sees.
    let corners = Embeddings::from_rows(&[[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]]).unwrap();
    let agree = same(&corners, array![[1.0], [1.0], [0.0], [0.0]]).unwrap();
    assert_eq!(agree.directions(), 0);
    assert_eq!(agree.erase().unwrap().apply(&corners).unwrap(), corners);
    assert!(agree.keep().unwrap().apply(&corners).unwrap().as_slice().iter().all(|&x| x == 0.0));
}
