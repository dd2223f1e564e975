//! Stores with token states: what is written is what is read, and what is torn, damaged or forged is refused.

use ess_core::{Embeddings, Encoding, Ids, TokenStates};
use ess_data::{
    Dtype, EmbeddingStore, Error, MappedStore, Provenance, TokenStoreShape, write_store, write_token_store,
    write_token_store_in_batches,
};
use ess_files::Checksum;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{file_with, golden};

fn numbered_ids(n: usize) -> Ids {
    Ids::new((0..n).map(|i| format!("id {i}")).collect()).unwrap()
}

/// Rows of so many tokens each; numbers that f16 holds exactly.
fn states(tokens: &[usize], dim: usize, token_dim: usize) -> TokenStates {
    let number = |i: usize| (i % 2048) as f32 / 64.0 - 8.0;
    let embeddings = Embeddings::from_vec((0..tokens.len() * dim).map(number).collect(), dim).unwrap();
    let texts: Vec<Vec<f32>> = tokens
        .iter()
        .enumerate()
        .map(|(row, n)| (0..n * token_dim).map(|i| number(i + row)).collect())
        .collect();
    TokenStates::from_texts(embeddings, token_dim, &texts).unwrap()
}

fn write(states: &TokenStates, dtype: Dtype) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    write_token_store(&path, &numbered_ids(states.rows()), states, dtype, &Provenance::default()).unwrap();
    (folder, path)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn reading_gives_what_was_written(
        tokens in prop::collection::vec(0_usize..5, 1..7),
        dim in 1_usize..4,
        token_dim in 1_usize..4,
        half in any::<bool>(),
        prompt in 0_usize..3,
    ) {
        let states = states(&tokens, dim, token_dim).with_prompt_tokens(prompt);
        let (_folder, path) = write(&states, if half { Dtype::F16 } else { Dtype::F32 });
        let store = EmbeddingStore::open(&path).unwrap();
        prop_assert_eq!(&store.to_token_states().unwrap(), &states);
        prop_assert_eq!(&store.to_embeddings().unwrap(), states.embeddings());
        prop_assert_eq!(store.token_dim(), Some(token_dim));
        prop_assert_eq!(store.token_count(), Some(tokens.iter().sum()));
        let last = tokens.len() - 1;
        let chosen = store.token_states_of(&[store.id(last).unwrap(), store.id(0).unwrap()]).unwrap();
        prop_assert_eq!(chosen, states.select_rows(&[last, 0]).unwrap());
        let some = store.token_states(last / 2..last + 1).unwrap();
        prop_assert_eq!(some, states.select_rows(&(last / 2..=last).collect::<Vec<_>>()).unwrap());
    }
}

#[test]
fn a_store_of_many_blocks_is_the_same_in_batches_of_any_size() {
    let tokens: Vec<usize> = (0..700).map(|i| i % 9).collect();
    let states = states(&tokens, 7, 130);
    let (_folder, whole) = write(&states, Dtype::F32);
    let shape = TokenStoreShape { dim: 7, token_dim: 130, tokens: tokens.iter().sum(), prompt_tokens: 0 };
    for batch in [3, 699] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("batches");
        let rows: Vec<usize> = (0..tokens.len()).collect();
        let batches = || rows.chunks(batch).map(|rows| states.select_rows(rows)).collect::<Vec<_>>();
        let none = Provenance::default();
        write_token_store_in_batches(&path, &numbered_ids(700), shape, Dtype::F32, &none, batches).unwrap();
        assert!(std::fs::read(&path).unwrap() == std::fs::read(&whole).unwrap());
    }
    assert_eq!(MappedStore::open(&whole).unwrap().to_token_states().unwrap(), states);
}

/// tests/golden/README.md says how the file was made.
#[test]
fn a_store_of_version_2_stays_readable() {
    let states = states(&[2, 0, 1], 2, 3).with_prompt_tokens(1);
    let provenance = Provenance { layers: Some(vec![4]), ..Provenance::default() };
    let store = EmbeddingStore::open(golden("store_v2.safetensors")).unwrap();
    assert_eq!(store.to_token_states().unwrap(), states);
    assert_eq!(store.provenance(), &provenance);

    let folder = tempfile::tempdir().unwrap();
    let today = folder.path().join("today");
    write_token_store(&today, &numbered_ids(3), &states, Dtype::F16, &provenance).unwrap();
    assert_eq!(std::fs::read(store.path()).unwrap(), std::fs::read(&today).unwrap());
}

#[test]
fn layers_alone_make_version_2_and_nothing_else_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layers");
    let provenance = Provenance { layers: Some(vec![3, 5]), ..Provenance::default() };
    let embeddings = Embeddings::from_rows(&[[1.0, 2.0]]).unwrap();
    write_store(&path, &numbered_ids(1), &embeddings, Dtype::F32, &provenance).unwrap();
    let store = EmbeddingStore::open(&path).unwrap();
    assert_eq!((store.provenance(), store.to_embeddings().unwrap()), (&provenance, embeddings));
    assert_eq!((store.token_dim(), store.token_count()), (None, None));
    assert!(matches!(store.to_token_states(), Err(Error::Format { .. })));
    assert!(String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(r#""version":"2""#));
}

#[test]
fn what_cannot_be_written_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let two = states(&[1, 2], 2, 2);
    let shape = TokenStoreShape { dim: 2, token_dim: 2, tokens: 3, prompt_tokens: 0 };
    let write = |rows: usize, shape: TokenStoreShape, states: &TokenStates| {
        let batches = || [Ok::<_, Error>(states.clone())];
        let none = Provenance::default();
        write_token_store_in_batches(&path, &numbered_ids(rows), shape, Dtype::F16, &none, batches)
            .unwrap_err()
    };
    assert!(matches!(write(3, shape, &two), Error::RowCount { expected: 3, found: 2, .. }));
    assert!(matches!(write(1, shape, &two), Error::RowCount { expected: 1, found: 2, .. }));
    assert!(matches!(
        write(2, TokenStoreShape { tokens: 4, ..shape }, &two),
        Error::Core(ess_core::Error::LengthMismatch { expected: 4, found: 3, .. })
    ));
    assert!(matches!(
        write(2, TokenStoreShape { token_dim: 3, ..shape }, &two),
        Error::Core(ess_core::Error::DimensionMismatch { expected: 3, found: 2, .. })
    ));
    assert!(matches!(
        write(2, shape, &two.clone().with_prompt_tokens(1)),
        Error::Core(ess_core::Error::LengthMismatch { expected: 0, found: 1, .. })
    ));
    assert!(matches!(write(2, TokenStoreShape { token_dim: 0, ..shape }, &two), Error::Core(_)));
    let large =
        TokenStates::from_texts(two.embeddings().clone(), 2, &[vec![0.0; 2], vec![0.0, 0.0, 0.0, 7e4]]);
    assert!(matches!(write(2, shape, &large.unwrap()), Error::TooLarge { row: 2, column: 1, .. }));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_torn_at_any_length_or_changed_at_any_byte_is_refused() {
    let (_folder, path) = write(&states(&[2, 0, 1], 2, 2), Dtype::F16);
    let good = std::fs::read(path).unwrap();
    for length in 0..good.len() {
        let (_folder, path) = file_with(&good[..length]);
        assert!(matches!(EmbeddingStore::open(path), Err(Error::Format { .. })), "{length} bytes");
    }
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        let (_folder, path) = file_with(&bytes);
        assert!(EmbeddingStore::open(&path).is_err(), "byte {at}");
        if let Ok(store) = EmbeddingStore::open_unverified(&path) {
            let _ = (store.to_token_states(), store.token_states(1..2), store.verify().unwrap_err());
        }
    }
}

/// A store of two rows with right checksums, whatever its content: `d = 1`, token states of one f32.
fn forged(token_ends: &[u64], states: &[f32], change: impl Fn(&mut Value)) -> Vec<u8> {
    let ends = 16 + 8 * token_ends.len();
    let (embeddings, all) = (ends + 8, ends + 8 + 4 * states.len());
    let mut header = json!({
        "__metadata__": {"format": "ess-embeddings", "version": "2", "provenance": "{}", "prompt_tokens": "0"},
        "id_ends": {"dtype": "U64", "shape": [2], "data_offsets": [0, 16]},
        "token_ends": {"dtype": "U64", "shape": [token_ends.len()], "data_offsets": [16, ends]},
        "embeddings": {"dtype": "F32", "shape": [2, 1], "data_offsets": [ends, embeddings]},
        "token_states": {"dtype": "F32", "shape": [states.len(), 1], "data_offsets": [embeddings, all]},
        "ids": {"dtype": "U8", "shape": [2], "data_offsets": [all, all + 2]},
        "checksums": {"dtype": "U8", "shape": [1, 24], "data_offsets": [all + 2, all + 26]},
    });
    change(&mut header);
    let header = header.to_string().into_bytes();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend([1_u64, 2].iter().chain(token_ends).flat_map(|end| end.to_le_bytes()));
    bytes.extend([1.0_f32, 2.0].iter().chain(states).flat_map(|value| value.to_le_bytes()));
    bytes.extend(b"ab");
    bytes.extend(Checksum::of(&bytes).to_string().into_bytes());
    bytes
}

#[test]
fn forged_stores_are_refused() {
    let open = |bytes: Vec<u8>| {
        let (_folder, path) = file_with(bytes);
        // What is not verified is safe all the same.
        if let Ok(store) = EmbeddingStore::open_unverified(&path) {
            let _ = (store.to_token_states(), store.token_states(1..2), store.select_token_states(&[1, 0]));
        }
        EmbeddingStore::open(path)
    };
    let same = |_: &mut Value| ();
    assert!(open(forged(&[1, 3], &[1.0, 2.0, 3.0], same)).is_ok());
    for ends in [[2, 1], [1, 2], [1, 4], [u64::MAX, 3], [4, 3]] {
        let found = open(forged(&ends, &[1.0, 2.0, 3.0], same));
        assert!(matches!(found, Err(Error::Format { .. })), "{ends:?}");
    }
    let nan = open(forged(&[1, 3], &[1.0, 2.0, f32::NAN], same));
    assert!(matches!(nan, Err(Error::NonFinite { row: 2, column: 0, .. })));
    let changes: [(&str, Value); 6] = [
        ("/__metadata__/version", json!("1")),
        ("/__metadata__/version", json!("3")),
        ("/__metadata__/prompt_tokens", json!("many")),
        ("/token_states/dtype", json!("F16")),
        ("/token_states/shape", json!([3, 0])),
        ("/token_ends/shape", json!([1])),
    ];
    for (pointer, value) in changes {
        let change = |header: &mut Value| *header.pointer_mut(pointer).unwrap() = value.clone();
        let found = open(forged(&[1, 3], &[1.0, 2.0, 3.0], change));
        assert!(matches!(found, Err(Error::Format { .. })), "{pointer} {value}");
    }
    let without = |name: &'static str| {
        move |header: &mut Value| drop(header["__metadata__"].as_object_mut().unwrap().remove(name))
    };
    assert!(matches!(open(forged(&[1, 3], &[1.0; 3], without("prompt_tokens"))), Err(Error::Format { .. })));
}
