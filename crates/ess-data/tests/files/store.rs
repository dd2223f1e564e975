//! Embedding stores: what is written is what is read.

use ess_core::{Embeddings, Ids};
use ess_data::{
    Dtype, EmbeddingStore, Error, MappedStore, NpyMatrix, Provenance, write_npy, write_store,
    write_store_in_batches,
};
use half::f16;
use proptest::prelude::*;

use crate::golden;

fn numbered_ids(n: usize) -> Ids {
    Ids::new((0..n).map(|i| format!("id {i}")).collect()).unwrap()
}

fn ramp(n: usize, d: usize) -> Embeddings {
    Embeddings::from_vec((0..n * d).map(|i| i as f32 / (n * d) as f32 - 0.5).collect(), d).unwrap()
}

fn small_matrix() -> impl Strategy<Value = (Ids, Embeddings)> {
    (1_usize..8, 1_usize..8).prop_flat_map(|(n, d)| {
        let ids = prop::collection::hash_set(any::<String>(), n)
            .prop_map(|ids| Ids::new(ids.into_iter().collect()).unwrap());
        let values = prop::collection::vec(-60_000.0_f32..60_000.0, n * d)
            .prop_map(move |values| Embeddings::from_vec(values, d).unwrap());
        (ids, values)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn reading_gives_what_was_written(
        (ids, embeddings) in small_matrix(),
        half in any::<bool>(),
        encoder in any::<Option<String>>(),
        batch in 1_usize..5,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.safetensors");
        let dtype = if half { Dtype::F16 } else { Dtype::F32 };
        let provenance = Provenance { encoder, normalized: Some(half), ..Provenance::default() };
        write_store(&path, &ids, &embeddings, dtype, &provenance).unwrap();

        let store = EmbeddingStore::open(&path).unwrap();
        let rounded = |x: &f32| if half { f16::from_f32(*x).to_f32() } else { *x };
        let expected: Vec<f32> = embeddings.as_slice().iter().map(rounded).collect();
        prop_assert_eq!(store.ids(), &ids);
        prop_assert_eq!((store.len(), store.dim(), store.dtype()), (embeddings.len(), embeddings.dim(), dtype));
        prop_assert_eq!(store.provenance(), &provenance);
        let read = store.to_embeddings().unwrap();
        prop_assert_eq!(read.as_slice(), &expected);
        let in_batches: Vec<f32> =
            store.batches(batch).flat_map(|batch| batch.unwrap().as_slice().to_vec()).collect();
        prop_assert_eq!(&in_batches, &expected);
        let last = store.len() - 1;
        let by_id = store.embeddings_of(&[store.id(last).unwrap(), store.id(0).unwrap()]).unwrap();
        prop_assert_eq!(by_id, read.select(&[last, 0]).unwrap());
    }
}

#[test]
fn a_store_of_many_blocks_is_the_same_in_batches_of_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let (n, d) = (3000, 301);
    let (ids, embeddings) = (numbered_ids(n), ramp(n, d));
    let whole = folder.path().join("whole");
    write_store(&whole, &ids, &embeddings, Dtype::F32, &Provenance::default()).unwrap();
    for batch in [7, 2999] {
        let path = folder.path().join("batches");
        let rows: Vec<usize> = (0..n).collect();
        let batches = rows.chunks(batch).map(|rows| embeddings.select(rows));
        write_store_in_batches(&path, &ids, d, Dtype::F32, &Provenance::default(), batches).unwrap();
        assert!(std::fs::read(&path).unwrap() == std::fs::read(&whole).unwrap());
    }
    let store = EmbeddingStore::open(&whole).unwrap();
    assert_eq!(store.rows(2500..2501).unwrap().row(0), embeddings.row(2500));
    assert_eq!(store.view_f32().unwrap(), embeddings.view());
    assert!(store.view_f16().is_none());
}

#[test]
fn halves_are_viewed_without_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("halves");
    write_store(&path, &numbered_ids(3), &ramp(3, 5), Dtype::F16, &Provenance::default()).unwrap();
    let store = MappedStore::open(&path).unwrap();
    let view = store.view_f16().unwrap().mapv(f16::to_f32);
    assert_eq!(view, store.to_embeddings().unwrap().view());
    assert!(store.view_f32().is_none());
}

#[test]
fn a_store_of_version_1_stays_readable() {
    let ids = Ids::new(["first", "", "dritte ß"].map(String::from).to_vec()).unwrap();
    let embeddings = Embeddings::from_rows(&[[1.0, -0.5], [0.25, 65504.0], [0.0, 6e-8]]).unwrap();
    let provenance = Provenance {
        encoder: Some("an encoder".into()),
        pooling: Some("mean".into()),
        normalized: Some(false),
        text: Some("title".into()),
        ..Provenance::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let today = folder.path().join("today");
    write_store(&today, &ids, &embeddings, Dtype::F16, &provenance).unwrap();

    let store = EmbeddingStore::open(golden("store_v1.safetensors")).unwrap();
    assert_eq!((store.ids(), store.provenance()), (&ids, &provenance));
    assert_eq!(
        store.to_embeddings().unwrap(),
        EmbeddingStore::open(&today).unwrap().to_embeddings().unwrap()
    );
    assert_eq!(std::fs::read(store.path()).unwrap(), std::fs::read(&today).unwrap());
}

#[test]
fn what_cannot_be_written_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let none = Provenance::default();
    write_store(&path, &numbered_ids(1), &ramp(1, 1), Dtype::F32, &none).unwrap();
    let before = std::fs::read(&path).unwrap();

    let too_few = write_store(&path, &numbered_ids(4), &ramp(3, 2), Dtype::F32, &none);
    assert!(matches!(too_few, Err(Error::RowCount { expected: 4, found: 3, .. })));
    let too_many = write_store(&path, &numbered_ids(2), &ramp(3, 2), Dtype::F32, &none);
    assert!(matches!(too_many, Err(Error::RowCount { expected: 2, found: 3, .. })));

    let large = Embeddings::from_rows(&[[0.0, 0.0], [0.0, 70_000.0]]).unwrap();
    let error = write_store(&path, &numbered_ids(2), &large, Dtype::F16, &none);
    assert!(matches!(error, Err(Error::TooLarge { row: 1, column: 1, value: 70_000.0, .. })));

    let batches = || [Ok(ramp(2, 2)), Err(ess_core::Error::external("out of tokens"))];
    let failed = write_store_in_batches(&path, &numbered_ids(4), 2, Dtype::F32, &none, batches());
    assert!(matches!(failed, Err(Error::Core(ess_core::Error::External(_)))));
    let wrong_dim = write_store_in_batches(&path, &numbered_ids(4), 3, Dtype::F32, &none, batches());
    let expected = matches!(
        wrong_dim,
        Err(Error::Core(ess_core::Error::DimensionMismatch { expected: 3, found: 2, .. }))
    );
    assert!(expected);
    let nothing: [Result<Embeddings, Error>; 0] = [];
    let empty = write_store_in_batches(&path, &Ids::default(), 3, Dtype::F32, &none, nothing);
    assert!(matches!(empty, Err(Error::Core(ess_core::Error::Empty { .. }))));

    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn rows_that_do_not_exist_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    write_store(&path, &numbered_ids(3), &ramp(3, 2), Dtype::F32, &Provenance::default()).unwrap();
    let store = EmbeddingStore::open(&path).unwrap();
    let out_of_range =
        |error| matches!(error, Error::Core(ess_core::Error::RowOutOfRange { row: 3, len: 3, .. }));
    assert!(out_of_range(store.rows(1..4).unwrap_err()));
    assert!(out_of_range(store.select(&[0, 3]).unwrap_err()));
    assert!(out_of_range(store.id(3).unwrap_err()));
    assert!(matches!(store.select(&[usize::MAX]), Err(Error::Core(_))));
    assert!(matches!(store.id(usize::MAX), Err(Error::Core(_))));
    assert!(matches!(store.rows(1..1), Err(Error::Core(ess_core::Error::Empty { .. }))));
    assert!(matches!(store.embeddings_of(&[]), Err(Error::Core(ess_core::Error::Empty { .. }))));
    let unknown = store.embeddings_of(&["id 0", "id 9"]);
    assert!(matches!(unknown, Err(Error::Core(ess_core::Error::UnknownId { id, len: 3 })) if id == "id 9"));
}

#[test]
fn what_was_read_does_not_change_with_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (path, matrix) = (folder.path().join("store.safetensors"), folder.path().join("matrix.npy"));
    let (ids, embeddings) = (numbered_ids(300), ramp(300, 16));
    write_store(&path, &ids, &embeddings, Dtype::F32, &Provenance::default()).unwrap();
    write_npy(&matrix, &embeddings, Dtype::F32).unwrap();
    let (store, numbers) =
        (EmbeddingStore::open_read(&path).unwrap(), NpyMatrix::open_read(&matrix).unwrap());
    // In place: a process that had mapped them would be ended.
    for path in [&path, &matrix] {
        std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(10).unwrap();
    }
    assert_eq!((store.ids(), store.to_embeddings().unwrap()), (&ids, embeddings.clone()));
    assert_eq!(numbers.to_embeddings().unwrap(), embeddings);
    assert!(matches!(EmbeddingStore::open_read(&path), Err(Error::Format { .. })));
    assert!(matches!(NpyMatrix::open_read(&matrix), Err(Error::Format { .. })));
}
