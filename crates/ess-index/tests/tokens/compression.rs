//! What codes stand for, and MaxSim over them.

use ess_core::{Encoding, Error as CoreError};
use ess_index::{CompressedTokensBuilder, Error, Progress};
use proptest::prelude::*;

use super::words::{DIM, max_sim, states, texts};

fn unit(token: &[f32]) -> Vec<f32> {
    let norm = token.iter().map(|x| x * x).sum::<f32>().sqrt();
    token.iter().map(|x| x / norm).collect()
}

fn of_bits(bits: usize) -> CompressedTokensBuilder {
    CompressedTokensBuilder { bits, centroids: Some(64), ..CompressedTokensBuilder::default() }
}

/// The mean and the largest squared distance of what codes stand for from the vectors of unit norm.
fn distances(bits: usize) -> [f32; 2] {
    let (items, _) = texts(300, 0);
    let tokens = of_bits(bits).build(&items, Progress::Silent).unwrap();
    let mut all = Vec::new();
    for row in 0..items.rows() {
        let decoded = tokens.decoded(row).unwrap();
        for (found, state) in decoded.chunks(DIM).zip(items.states(row).chunks(DIM)) {
            all.push(found.iter().zip(unit(state)).map(|(a, b)| (a - b).powi(2)).sum::<f32>());
        }
    }
    [all.iter().sum::<f32>() / all.len() as f32, all.into_iter().fold(0.0, f32::max)]
}

#[test]
fn every_bit_brings_the_codes_nearer_to_the_vectors() {
    let [[one, _], [two, _], [four, largest]] = [1, 2, 4].map(distances);
    // Vectors of unit norm are 2 apart where they have nothing in common.
    assert!(one < 0.28 && two < 0.09 && four < 0.009 && largest < 0.14, "{one} {two} {four} {largest}");
}

#[test]
fn max_sim_over_codes_is_within_a_measured_distance_of_max_sim() {
    let (items, queries) = texts(200, 20);
    let rows: Vec<u32> = (0..200).collect();
    let furthest = |builder: CompressedTokensBuilder| {
        let tokens = builder.build(&items, Progress::Silent).unwrap();
        let found = tokens.similarities_of(&queries, &vec![rows.clone(); 20]).unwrap();
        let pairs = (0..20).flat_map(|query| (0..200).map(move |item| (query, item)));
        let errors = pairs.map(|(query, item)| {
            let lengths: f32 =
                queries.states(query).chunks(DIM).map(|t| t.iter().map(|x| x * x).sum::<f32>().sqrt()).sum();
            (found[query][item] - max_sim(queries.states(query), items.states(item), DIM)).abs() / lengths
        });
        errors.fold(0.0, f32::max)
    };
    // Of a cosine's range, a query's tokens together.
    let found = [1, 2, 4].map(|bits| furthest(of_bits(bits)));
    let exact = furthest(CompressedTokensBuilder { keep_vectors: true, ..of_bits(1) });
    assert!(found[0] < 0.25 && found[1] < 0.1 && found[2] < 0.04 && exact < 5e-4, "{found:?} {exact}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn it_is_max_sim_of_what_the_codes_stand_for(
        dim in 1_usize..20,
        lengths in prop::collection::vec(0_usize..110, 1..6),
        asked in 0_usize..9,
        bits in prop::sample::select(vec![1_usize, 2, 4]),
        keep_vectors: bool,
        seed in 0_u32..1000,
    ) {
        let number = |i: usize| (((i as u32 + 1).wrapping_mul(2_654_435_761) ^ seed.wrapping_mul(40_503)) % 1999) as f32 / 1000.0 - 0.9995;
        let texts: Vec<Vec<f32>> =
            lengths.iter().enumerate().map(|(at, length)| (0..length * dim).map(|i| number(i + 1000 * at)).collect()).collect();
        prop_assume!(lengths.iter().sum::<usize>() > 0);
        let embeddings = ess_core::Embeddings::from_vec(vec![0.0; texts.len()], 1).unwrap();
        let items = ess_core::TokenStates::from_texts(embeddings, dim, &texts).unwrap();
        let builder = CompressedTokensBuilder { bits, keep_vectors, ..CompressedTokensBuilder::default() };
        let tokens = builder.build(&items, Progress::Silent).unwrap();
        prop_assert_eq!((tokens.items(), tokens.tokens()), (lengths.len(), lengths.iter().sum()));
        let query: Vec<f32> = (0..asked * dim).map(|i| number(i + 77_777)).collect();
        let rows: Vec<u32> = (0..lengths.len() as u32).collect();
        let found = tokens.similarities(&query, &rows).unwrap();
        for (row, found) in found.iter().enumerate() {
            let decoded = if keep_vectors { texts[row].clone() } else { tokens.decoded(row).unwrap() };
            let expected = max_sim(&query, &decoded, dim);
            let tolerance = if keep_vectors { 2e-3 } else { 1e-4 } * (1.0 + asked as f32 * dim as f32);
            prop_assert!((found - expected).abs() < tolerance, "{}: {} and {}", row, found, expected);
        }
    }
}

#[test]
fn codes_are_the_same_in_any_number_of_threads_and_part_by_part() {
    let (items, _) = texts(150, 0);
    let in_threads = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut tokens = of_bits(2).train(&items, 3000, Progress::Silent).unwrap();
            for rows in (0..150).collect::<Vec<_>>().chunks(if threads == 1 { 150 } else { 40 }) {
                tokens.append(&items.select_rows(rows).unwrap()).unwrap();
            }
            (0..150).map(|row| tokens.decoded(row).unwrap()).collect::<Vec<_>>()
        })
    };
    assert_eq!(in_threads(1), in_threads(3));
}

#[test]
fn tokens_of_a_prompt_are_left_out() {
    let text: Vec<f32> = (0..4 * DIM).map(|i| (i as f32).sin()).collect();
    let items = states(&[text.clone(), text]).with_prompt_tokens(1);
    let tokens = CompressedTokensBuilder::default().build(&items, Progress::Silent).unwrap();
    assert_eq!((tokens.items(), tokens.tokens()), (2, 6));
}

#[test]
fn what_does_not_fit_is_refused() {
    let (items, queries) = texts(10, 2);
    for (bits, centroids, training_tokens) in
        [(3, None, None), (8, None, None), (2, Some(0), None), (2, None, Some(0))]
    {
        let builder = CompressedTokensBuilder {
            bits,
            centroids,
            training_tokens,
            ..CompressedTokensBuilder::default()
        };
        let found = builder.build(&items, Progress::Silent);
        assert!(matches!(found, Err(Error::Core(CoreError::InvalidParameter { .. }))));
    }
    let empty = CompressedTokensBuilder::default().build(&states(&[Vec::new()]), Progress::Silent);
    assert!(matches!(empty, Err(Error::Core(CoreError::Empty { .. }))));
    let mut tokens = of_bits(2).build(&items, Progress::Silent).unwrap();
    let narrow =
        ess_core::TokenStates::from_texts(items.embeddings().clone(), 3, &vec![vec![1.0; 3]; 10]).unwrap();
    let refused = tokens.append(&narrow);
    assert!(matches!(
        refused,
        Err(Error::Core(CoreError::DimensionMismatch { expected: DIM, found: 3, .. }))
    ));
    assert!(matches!(tokens.similarities(&[1.0; 3], &[0]), Err(CoreError::LengthMismatch { .. })));
    assert!(matches!(tokens.similarities(&[f32::NAN; DIM], &[0]), Err(CoreError::NonFinite { .. })));
    assert!(matches!(
        tokens.similarities(&[1.0; DIM], &[10]),
        Err(CoreError::RowOutOfRange { row: 10, len: 10, .. })
    ));
    assert!(matches!(tokens.decoded(10), Err(CoreError::RowOutOfRange { .. })));
    assert!(matches!(tokens.similarities_of(&queries, &[vec![0]]), Err(CoreError::LengthMismatch { .. })));
    assert!(matches!(
        tokens.similarities_of(&narrow, &vec![vec![0]; 10]),
        Err(CoreError::DimensionMismatch { .. })
    ));
}

#[test]
fn centroids_are_learnt_from_no_more_tokens_than_asked_for() {
    let (items, _) = texts(100, 0);
    for centroids in [None, Some(64)] {
        let builder = CompressedTokensBuilder {
            centroids,
            training_tokens: Some(10),
            ..CompressedTokensBuilder::default()
        };
        assert_eq!(builder.build(&items, Progress::Silent).unwrap().centroids(), 10);
    }
}

#[test]
fn tokens_of_zeros_are_left_out() {
    let (items, queries) = texts(20, 1);
    let mut padded: Vec<Vec<f32>> = (0..20).map(|row| items.states(row).to_vec()).collect();
    padded.iter_mut().for_each(|text| text.extend([0.0; 3 * DIM]));
    padded.push(vec![0.0; 2 * DIM]);
    let padded = states(&padded);
    for keep_vectors in [false, true] {
        let builder = CompressedTokensBuilder { keep_vectors, ..of_bits(2) };
        let [plain, found] = [&items, &padded].map(|items| builder.build(items, Progress::Silent).unwrap());
        assert_eq!((found.items(), found.tokens()), (21, plain.tokens()));
        let rows: Vec<u32> = (0..20).collect();
        let similarities =
            |of: &ess_index::CompressedTokens| of.similarities(queries.states(0), &rows).unwrap();
        assert_eq!(similarities(&found), similarities(&plain));
        assert_eq!(found.similarities(queries.states(0), &[20]).unwrap(), [0.0]);
    }
    let empty = of_bits(2).build(&states(&[vec![0.0; DIM]]), Progress::Silent);
    assert!(matches!(empty, Err(Error::Core(CoreError::Empty { .. }))));
}
