//! Fits small enough to be worked out by hand: each scale, share and threshold has its value.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_core::{Embeddings, SearchModule};
use ess_linalg::{
    AffineMap, Cca, Error, Moments, Pairs, PrincipalComponents, Procrustes, Ridge, Spectrum, Whitening,
};
use ndarray::{Array2, array};

/// Four vectors around a mean of `(3, 0)`, with a variance of 4 in the first dimension and of 1 in the second.
fn ellipse() -> Embeddings {
    Embeddings::from_rows(&[[5.0, 1.0], [5.0, -1.0], [1.0, 1.0], [1.0, -1.0]]).unwrap()
}

#[track_caller]
fn close(found: impl IntoIterator<Item = f64>, expected: impl IntoIterator<Item = f64>) {
    let (found, expected): (Vec<f64>, Vec<f64>) =
        (found.into_iter().collect(), expected.into_iter().collect());
    let near = found.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() < 1e-6);
    assert!(found.len() == expected.len() && near, "{found:?}, not {expected:?}");
}

fn weight(map: &AffineMap) -> Vec<f64> {
    map.weight().iter().copied().collect()
}

#[test]
fn moments_are_of_all_rows_and_divided_by_their_number() {
    let moments = Moments::of(&ellipse());
    close(moments.mean().to_vec(), [3.0, 0.0]);
    close(moments.covariance().iter().copied(), [4.0, 0.0, 0.0, 1.0]);
    close([moments.mean_variance()], [2.5]);
    // More rows than are held at once: 3000 times 0, 1 and 2.
    let many = Embeddings::from_vec((0..9000).map(|row| (row % 3) as f32).collect(), 1).unwrap();
    let many = Moments::of(&many);
    close([many.mean()[0], many.covariance()[[0, 0]]], [1.0, 2.0 / 3.0]);
}

#[test]
fn a_spectrum_counts_directions_by_their_share_of_variance() {
    let spectrum = Spectrum::of(&Moments::of(&ellipse())).unwrap();
    // Shares of 0.8 and 0.2; the mean has a squared length of 9 beside a variance of 5.
    let entropy = -(0.8 * 0.8_f64.ln() + 0.2 * 0.2_f64.ln());
    assert_eq!((spectrum.dim, spectrum.components_of_90_percent), (2, 2));
    close([spectrum.effective_rank, spectrum.participation_ratio], [entropy.exp(), 1.0 / 0.68]);
    close([spectrum.mean_share], [(9.0_f64 / 14.0).sqrt()]);
    // 25 of 26 parts lie in the first direction, and nothing in the third.
    let flat = [[5.0, 1.0, 0.0], [5.0, -1.0, 0.0], [-5.0, 1.0, 0.0], [-5.0, -1.0, 0.0]];
    let flat = Spectrum::of(&Moments::of(&Embeddings::from_rows(&flat).unwrap())).unwrap();
    assert_eq!((flat.dim, flat.components_of_90_percent, flat.mean_share), (3, 1, 0.0));
    let entropy = -(25.0 / 26.0 * (25.0_f64 / 26.0).ln() + 1.0 / 26.0 * (1.0_f64 / 26.0).ln());
    close([flat.effective_rank], [entropy.exp()]);
    // Variances of 4.5 and 0.5: the first direction holds 90 %, neither more nor less.
    let exact = Embeddings::from_rows(&[[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]]).unwrap();
    assert_eq!(Spectrum::of(&Moments::of(&exact)).unwrap().components_of_90_percent, 1);
}

#[test]
fn shared_variance_is_the_share_within_the_first_directions_of_others() {
    let (of, within) = (Moments::of(&ellipse()), [[0.0, 1.0], [0.0, -1.0], [0.5, 0.0], [-0.5, 0.0]]);
    let within = Moments::of(&Embeddings::from_rows(&within).unwrap());
    close([Spectrum::shared_variance(&of, &within, 1).unwrap()], [0.2]);
    close([Spectrum::shared_variance(&of, &of, 1).unwrap()], [0.8]);
    close([Spectrum::shared_variance(&of, &within, 2).unwrap()], [1.0]);
    let narrow = Moments::of(&Embeddings::from_rows(&[[1.0], [2.0]]).unwrap());
    let found = Spectrum::shared_variance(&of, &narrow, 1);
    assert!(matches!(found, Err(Error::Shape { expected: [1, 1], found: [2, 2], .. })));
    let equal = Moments::of(&Embeddings::from_rows(&[[1.0, 0.0], [1.0, 0.0]]).unwrap());
    assert!(matches!(Spectrum::shared_variance(&equal, &of, 1), Err(Error::NoVariance { .. })));
}

#[test]
fn whitening_adds_lambda_times_the_mean_variance() {
    let whitening = Whitening::new(&Moments::of(&ellipse())).unwrap();
    // 0.4 · 2.5 is 1: variances of 5 and 2.
    close(weight(&whitening.map(1.0, 0.4).unwrap()), [0.2, 0.0, 0.0, 0.5]);
    let half = whitening.map(0.5, 0.4).unwrap();
    close(weight(&half), [1.0 / 5.0_f64.sqrt(), 0.0, 0.0, 1.0 / 2.0_f64.sqrt()]);
    close(half.bias().unwrap().to_vec(), [-3.0 / 5.0_f64.sqrt(), 0.0]);
}

#[test]
fn whitening_of_a_direction_that_does_not_vary_needs_regularisation() {
    let flat = Embeddings::from_rows(&[[1.0, 0.0], [-1.0, 0.0]]).unwrap();
    let whitening = Whitening::new(&Moments::of(&flat)).unwrap();
    assert!(matches!(whitening.map(0.5, 0.0), Err(Error::Parameter { .. })));
    close(weight(&whitening.map(0.0, 0.0).unwrap()), [1.0, 0.0, 0.0, 1.0]);
    // The mean variance is 1/2.
    close(weight(&whitening.map(1.0, 0.5).unwrap()), [0.8, 0.0, 0.0, 4.0]);
}

#[test]
fn whitening_does_not_mind_how_small_vectors_are() {
    let small = ellipse().view().iter().map(|x| x / 16_384.0).collect();
    let small = Moments::of(&Embeddings::from_vec(small, 2).unwrap());
    let map = Whitening::new(&small).unwrap().map(0.5, 0.0).unwrap();
    close(weight(&map).iter().map(|x| x / 16_384.0), [0.5, 0.0, 0.0, 1.0]);
}

#[test]
fn cca_of_vectors_with_themselves_has_correlations_of_the_regularised_variances() {
    let targets = ellipse().view().mapv(f64::from);
    let cca = Cca::new(&Pairs::new(&ellipse(), targets).unwrap(), 0.4).unwrap();
    // 4 / (4 + 1) and 1 / (1 + 1), of which the map divides once more by 5 and 2.
    close(cca.correlations().to_vec(), [0.8, 0.5]);
    let map = cca.map(2).unwrap();
    close(weight(&map), [0.16, 0.0, 0.0, 0.25]);
    close(map.bias().unwrap().to_vec(), [-0.48, 0.0]);
    close(weight(&cca.map(1).unwrap()), [0.16, 0.0, 0.0, 0.0]);
    let tripled = ellipse().view().mapv(|x| 3.0 * f64::from(x));
    let tripled = Cca::new(&Pairs::new(&ellipse(), tripled).unwrap(), 0.4).unwrap();
    close(tripled.correlations().to_vec(), [0.8, 0.5]);
    close(weight(&tripled.map(2).unwrap()), [0.16 / 3.0, 0.0, 0.0, 0.25 / 3.0]);
}

#[test]
fn vectors_that_differ_in_the_last_bit_do_not_vary_whatever_their_length() {
    for scale in [2.0_f32.powi(-20), 1.0, 2.0_f32.powi(20)] {
        let apart = |share: f32| {
            let rows = [[scale, 0.0], [scale * (1.0 + share), 0.0]];
            Whitening::new(&Moments::of(&Embeddings::from_rows(&rows).unwrap()))
        };
        assert!(matches!(apart(f32::EPSILON), Err(Error::NoVariance { .. })), "{scale}");
        assert!(apart(0.001).is_ok(), "{scale}");
    }
}

#[test]
fn targets_that_differ_by_rounding_alone_do_not_vary() {
    // Three times .1, divided by three, is above .1; so it is for any power of two times .1.
    let queries = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]).unwrap();
    for scale in [2.0_f64.powi(-40), 1.0, 2.0_f64.powi(40)] {
        let targets = Array2::from_elem((3, 2), 0.1 * scale);
        assert!(targets.column(0).sum() / 3.0 > 0.1 * scale);
        let found = Cca::new(&Pairs::new(&queries, targets).unwrap(), 0.1);
        assert!(matches!(found, Err(Error::NoVariance { what: "targets" })), "{scale}: {found:?}");
    }
}

#[test]
fn generalised_cross_validation_divides_by_the_mean_of_what_the_leverages_leave() {
    // `λ s` is 5 and the weight 0.7: residuals of 0.3 and 1.6, leverages of 0.1 and 0.4.
    let queries = Embeddings::from_rows(&[[1.0], [2.0]]).unwrap();
    let ridge = Ridge::new(&Pairs::new(&queries, array![[1.0], [3.0]]).unwrap()).unwrap();
    close(weight(&ridge.fit(1.0).unwrap()), [0.7]);
    let found = ridge.leave_one_out(1.0).unwrap();
    close(found.mapped.iter().copied(), [1.0 - 0.3 / 0.9, 3.0 - 1.6 / 0.6]);
    close([found.error], [(1.0 / 9.0 + 64.0 / 9.0) / 2.0]);
    close([found.generalised_error], [(0.09 + 2.56) / 2.0 / (0.75 * 0.75)]);
}

#[test]
fn procrustes_turns_half_the_way_where_lambda_is_one() {
    // A quarter turn that makes vectors of length 2 ones of length 3: `s` is 6, and so is the strength of `QᵀT`.
    let queries = Embeddings::from_rows(&[[2.0, 0.0], [0.0, 2.0]]).unwrap();
    let procrustes = Procrustes::new(&Pairs::new(&queries, array![[0.0, 3.0], [-3.0, 0.0]]).unwrap());
    for (lambda, degrees) in [(0.0, 90.0_f64), (1.0, 45.0), (3.0_f64.sqrt(), 30.0)] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        close(weight(&procrustes.fit(lambda).unwrap()), [cos, sin, -sin, cos]);
    }
}

/// `Σᵢ ‖qᵢ R − tᵢ‖²`.
fn squares(queries: &Array2<f64>, targets: &Array2<f64>, map: &Array2<f64>) -> f64 {
    (queries.dot(map) - targets).mapv(|off| off * off).sum()
}

#[test]
fn unbalanced_procrustes_is_as_near_as_every_map_of_a_grid() {
    // From the least-squares map majorisation ends 0.41 above what another start reaches.
    let cases = [
        (
            array![[-3.0, 1.0, 0.0], [0.0, -1.0, 1.0], [3.0, 0.0, -3.0]],
            array![[2.0, 1.0], [2.0, 0.0], [0.0, -2.0]],
        ),
        (
            array![[-1.0, 3.0, 2.0], [-2.0, 1.0, 2.0], [-3.0, -1.0, -3.0]],
            array![[-2.0, 1.0], [2.0, -2.0], [-2.0, 2.0]],
        ),
    ];
    for (queries, targets) in cases {
        let rows = Embeddings::from_vec(queries.iter().map(|&x| x as f32).collect(), 3).unwrap();
        let found = Procrustes::new(&Pairs::new(&rows, targets.clone()).unwrap()).fit(0.0).unwrap();
        let map = found.weight().to_owned();
        close(map.t().dot(&map).iter().copied(), [1.0, 0.0, 0.0, 1.0]);
        let reached = squares(&queries, &targets, &map);
        // Two columns of every rotation, by Euler angles in steps of 6°: every pair of orthonormal columns.
        let turn = |step: u32| f64::from(6 * step).to_radians().sin_cos();
        let mut least = f64::INFINITY;
        for ((sin_a, cos_a), (sin_b, cos_b)) in
            (0..60).flat_map(|a| (0..=30).map(move |b| (turn(a), turn(b))))
        {
            let axis = [sin_b * cos_a, sin_b * sin_a, cos_b];
            let (u, v) = ([cos_b * cos_a, cos_b * sin_a, -sin_b], [-sin_a, cos_a, 0.0]);
            for (sin, cos) in (0..60).map(turn) {
                let side = |i: usize| cos * u[i] + sin * v[i];
                let map = Array2::from_shape_fn((3, 2), |(i, j)| if j == 0 { axis[i] } else { side(i) });
                least = least.min(squares(&queries, &targets, &map));
            }
        }
        assert!(reached <= least, "{reached}, and {least} on the grid");
        assert!(reached > least - 0.2, "{reached}, and {least} on the grid");
    }
}

#[test]
fn removed_components_take_the_mean_with_them() {
    let components = PrincipalComponents::new(&Moments::of(&ellipse())).unwrap();
    assert_eq!(components.dim(), 2);
    close(components.mean().to_vec(), [3.0, 0.0]);
    close(components.variances().to_vec(), [4.0, 1.0]);
    let none = components.remove(0).unwrap();
    close(weight(&none), [1.0, 0.0, 0.0, 1.0]);
    close(none.bias().unwrap().to_vec(), [-3.0, 0.0]);
    let first = components.remove(1).unwrap();
    close(weight(&first), [0.0, 0.0, 0.0, 1.0]);
    close(first.bias().unwrap().to_vec(), [0.0, 0.0]);
    close(components.axes(1).unwrap().iter().map(|x| x.abs()), [1.0, 0.0]);
}

#[test]
fn affine_maps_keep_their_bias_where_they_should() {
    let map = AffineMap::with_bias(array![[2.0, 1.0], [0.0, 4.0]], array![1.0, -2.0]).unwrap();
    let more = map.plus_identity().unwrap();
    close(weight(&more), [3.0, 1.0, 0.0, 5.0]);
    close(more.bias().unwrap().to_vec(), [1.0, -2.0]);
    let blend = map.blended(0.25).unwrap();
    close(weight(&blend), [1.25, 0.25, 0.0, 1.75]);
    close(blend.bias().unwrap().to_vec(), [0.25, -0.5]);
    let found = AffineMap::with_bias(Array2::eye(2), array![1.0]);
    assert!(matches!(found, Err(Error::Shape { expected: [1, 2], found: [1, 1], .. })));
    let wide = AffineMap::linear(Array2::zeros((2, 3))).unwrap();
    assert_eq!((wide.query_dim(), wide.item_dim()), (2, 3));
    let module: &dyn SearchModule = &wide;
    assert_eq!((module.query_dim(), module.item_dim()), (2, 3));
    assert!(wide.plus_identity().is_err());
    let nothing = AffineMap::linear(Array2::zeros((2, 2))).unwrap();
    assert!(matches!(nothing.rescaled(&ellipse()), Err(Error::NoVariance { .. })));
}

#[test]
fn a_map_is_rescaled_by_queries_that_count_as_their_weights_say() {
    let map = AffineMap::linear(array![[2.0, 0.0], [0.0, 1.0]]).unwrap();
    let axes = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]]).unwrap();
    let factor = |weights: &[f64]| weight(&map.rescaled_weighted(&axes, weights).unwrap())[3];
    // Squares: 1 and 1 of the queries, 4 and 1 of what they are mapped to.
    close([factor(&[1.0, 1.0]), factor(&[3.0, 3.0])], [(2.0_f64 / 5.0).sqrt(); 2]);
    close([factor(&[3.0, 1.0]), factor(&[1.0, 0.0])], [(4.0_f64 / 13.0).sqrt(), 0.5]);
    close(weight(&map.rescaled(&axes).unwrap()), weight(&map.rescaled_weighted(&axes, &[1.0, 1.0]).unwrap()));
    assert!(matches!(map.rescaled_weighted(&axes, &[1.0]), Err(Error::Core(_))));
    assert!(matches!(map.rescaled_weighted(&axes, &[0.0, 0.0]), Err(Error::NoVariance { .. })));
}

#[test]
fn pairs_say_how_many_they_are_and_of_which_dimensions() {
    let pairs = Pairs::new(&ellipse(), Array2::ones((4, 3))).unwrap();
    assert_eq!((pairs.len(), pairs.query_dim(), pairs.item_dim()), (4, 2, 3));
}
