//! Fixed-dimensional encodings against MaxSim.

use std::collections::HashSet;

use ess_core::{Embeddings, Encoding, Error as CoreError, Index, SearchModule, TokenStates, TopK};
use ess_index::{Error, FlatIndex, MuveraConfig};

use super::words::{DIM, max_sim, states, texts};

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// The inner product of one query and one item under a config.
fn product(config: &MuveraConfig, query: &TokenStates, item: &TokenStates) -> f64 {
    let muvera = config.build(DIM).unwrap();
    let (query, item) = (muvera.apply(query).unwrap(), muvera.encode_items(item).unwrap());
    dot(query.row(0), item.row(0))
}

#[test]
fn projections_give_the_product_without_them_in_the_mean_over_seeds() {
    let (items, queries) = texts(3, 1);
    let plain =
        MuveraConfig { hyperplanes: 2, repetitions: 3, partition_dim: None, final_dim: None, seed: 0 };
    for (partition_dim, final_dim) in [(None, Some(64)), (Some(8), None), (Some(16), Some(128))] {
        let item = items.select_rows(&[1]).unwrap();
        let differences: Vec<f64> = (0..400)
            .map(|seed| {
                let without = MuveraConfig { seed, ..plain.clone() };
                let with = MuveraConfig { partition_dim, final_dim, ..without.clone() };
                product(&with, &queries, &item) - product(&without, &queries, &item)
            })
            .collect();
        let mean = differences.iter().sum::<f64>() / 400.0;
        let variance = differences.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 399.0;
        let error = (variance / 400.0).sqrt();
        assert!(mean.abs() < 3.5 * error, "{mean} with a standard error of {error}");
        assert!(error < 1.0, "{error}");
    }
}

#[test]
fn without_projections_it_is_never_above_max_sim_and_comes_near_with_finer_partitions() {
    let (items, queries) = texts(30, 6);
    let mut shares = Vec::new();
    for hyperplanes in [0, 3, 7] {
        let config =
            MuveraConfig { hyperplanes, repetitions: 8, partition_dim: None, final_dim: None, seed: 1 };
        let muvera = config.build(DIM).unwrap();
        let (asked, found) = (muvera.apply(&queries).unwrap(), muvera.encode_items(&items).unwrap());
        let (mut sum, mut bound) = (0.0, 0.0);
        for query in 0..6 {
            for item in 0..30 {
                let exact = f64::from(max_sim(queries.states(query), items.states(item), DIM));
                let product = dot(asked.row(query), found.row(item));
                assert!(product <= exact + 1e-3, "{product} above {exact}");
                sum += product;
                bound += exact;
            }
        }
        shares.push(sum / bound);
    }
    assert!(shares[0] < shares[1] && shares[1] < shares[2] && shares[2] > 0.4, "{shares:?}");
}

#[test]
fn an_exact_index_of_the_encodings_is_a_first_stage() {
    let (items, queries) = texts(600, 30);
    let config = MuveraConfig { final_dim: Some(2048), ..MuveraConfig::default() };
    let muvera = config.build(DIM).unwrap();
    assert_eq!((muvera.dim(), muvera.query_dim(), muvera.item_dim()), (2048, DIM, 2048));
    let index = FlatIndex::new(muvera.encode_items(&items).unwrap()).unwrap();
    let found = index.search(&muvera.apply(&queries).unwrap(), 100).unwrap();
    let mut shared = 0;
    for (row, found) in found.iter().enumerate() {
        let mut best = TopK::new(10);
        let all: Vec<f32> =
            (0..600).map(|item| max_sim(queries.states(row), items.states(item), DIM)).collect();
        best.extend_from_similarities(0, &all);
        let found: HashSet<_> = found.iter().map(|hit| hit.item).collect();
        shared += best.into_sorted().iter().filter(|hit| found.contains(&hit.item)).count();
    }
    // Of the 10 nearest of each of 30 queries; chance finds 50.
    assert!(shared > 180, "{shared}");
}

#[test]
fn texts_have_the_same_encodings_alone_and_in_a_batch_and_none_has_zeros() {
    let (items, _) = texts(8, 0);
    let muvera = MuveraConfig { seed: 3, ..MuveraConfig::default() }.build(DIM).unwrap();
    let together = muvera.encode_items(&items).unwrap();
    for row in 0..8 {
        let alone = muvera.encode_items(&items.select_rows(&[row]).unwrap()).unwrap();
        assert_eq!(alone.row(0), together.row(row));
    }
    let empty = muvera.encode_items(&states(&[Vec::new()])).unwrap();
    assert!(empty.row(0).iter().all(|&x| x == 0.0));
    ess_testing::search_module::conforms_on(&muvera, &items, 0.0);
}

#[test]
fn what_does_not_fit_is_refused() {
    let usual = MuveraConfig::default();
    for wrong in [
        MuveraConfig { hyperplanes: 17, ..usual.clone() },
        MuveraConfig { repetitions: 0, ..usual.clone() },
        MuveraConfig { repetitions: usize::MAX, ..usual.clone() },
        // The encoding has 2²² components, the projections 2²² · 48.
        MuveraConfig { hyperplanes: 0, repetitions: 1 << 22, partition_dim: Some(1), ..usual.clone() },
        MuveraConfig { partition_dim: Some(0), ..usual.clone() },
        MuveraConfig { final_dim: Some(0), ..usual.clone() },
        MuveraConfig { final_dim: Some(usize::MAX), ..usual.clone() },
    ] {
        assert!(
            matches!(wrong.build(DIM), Err(Error::Core(CoreError::InvalidParameter { .. }))),
            "{wrong:?}"
        );
    }
    assert!(matches!(usual.build(0), Err(Error::Core(CoreError::Empty { .. }))));
    let narrow =
        TokenStates::from_texts(Embeddings::from_rows(&[[0.0]]).unwrap(), 3, &[vec![1.0; 3]]).unwrap();
    let muvera = usual.build(DIM).unwrap();
    assert!(matches!(muvera.apply(&narrow), Err(CoreError::DimensionMismatch { .. })));
    assert!(matches!(muvera.encode_items(&narrow), Err(CoreError::DimensionMismatch { .. })));
}
