//! The nearest orthonormal maps.

use ess_core::Embeddings;
use ess_linalg::{Error, Pairs, Procrustes, linear_algebra};
use ndarray::Array2;
use proptest::prelude::*;

use super::matrices::{close, embeddings, random, wide};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

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
fn procrustes_finds_the_rotation_that_was_applied_also_between_dimensions() {
    let queries = embeddings(20, 3, 5);
    let rotation = linear_algebra().thin_svd(random(3, 5, 6).view()).unwrap();
    let rotation = rotation.u.dot(&rotation.vt);
    let pairs = Pairs::new(&queries, wide(&queries).dot(&rotation)).unwrap();
    close(&Procrustes::new(&pairs).fit(0.0).unwrap().weight().to_owned(), &rotation, 1e-6);
    assert!(matches!(Procrustes::new(&pairs).fit(0.1), Err(Error::Parameter { .. })));
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
