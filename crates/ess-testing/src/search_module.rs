//! What every searching module promises.

use ess_core::{Embeddings, Encoding, Error, SearchModule};

use crate::generate;
use crate::vectors::assert_close;

/// Checks a module that reads [`Embeddings`]; `tolerance` is what [`conforms_on`] takes.
///
/// Generates queries of the module's `query_dim`. On top of [`conforms_on`]: encodings of another dimension are refused with
/// [`Error::DimensionMismatch`], queries of zeros are mapped, and queries of huge numbers are mapped or refused.
///
/// ```
/// ess_testing::search_module::conforms(&ess_core::Identity::new(8), 0.0);
/// ```
///
/// # Panics
/// With the promise that was broken.
pub fn conforms<M: SearchModule>(module: &M, tolerance: f32) {
    let dim = module.query_dim();
    conforms_on(module, &generate::embeddings(9, dim, 1), tolerance);
    refuses_another_dimension(module, dim);
    let zeros = generate::constant_embeddings(2, dim, 0.0);
    let mapped = apply(module, &zeros, "queries of zeros");
    assert_eq!(mapped.len(), 2, "queries of zeros: one vector for each query");
    for huge in [f32::MAX, f32::MIN] {
        // Embeddings are finite, so whatever comes back without an error is.
        if let Ok(mapped) = module.apply(&generate::constant_embeddings(2, dim, huge)) {
            assert_eq!(mapped.len(), 2, "queries of huge numbers: one vector for each query");
        }
    }
}

/// Checks a module on encodings of the caller's, of at least 2 rows, of any type.
///
/// - It declares at least one dimension on each side, and returns one vector of `item_dim` for each row; with a scoring, one row of its width.
/// - A row is mapped the same alone, in a batch, and in a batch in another order, within `tolerance`: the largest
///   difference allowed, relative to the vector's largest number (0 for exactly; 1e-5 suits a network in `f32`).
/// - The same batch gives the same vectors again, bit for bit, in any rayon pool.
///
/// # Panics
/// With the promise that was broken.
pub fn conforms_on<E: Encoding, M: SearchModule<E>>(module: &M, encodings: &E, tolerance: f32) {
    assert!(module.query_dim() > 0 && module.item_dim() > 0, "dimensions: at least 1 on each side");
    assert!(encodings.rows() >= 2, "the suite needs at least 2 rows");
    let together = apply(module, encodings, "a batch");
    assert_eq!(together.len(), encodings.rows(), "a batch: one vector for each query");
    assert_eq!(
        together.dim(),
        module.width(),
        "a batch: vectors of item_dim, or rows of the scoring's width"
    );
    same_in_another_batch(module, encodings, &together, tolerance);
    same_in_any_pool(module, encodings, &together);
}

fn same_in_another_batch<E: Encoding, M: SearchModule<E>>(
    module: &M,
    encodings: &E,
    together: &Embeddings,
    tolerance: f32,
) {
    let all: Vec<usize> = (0..encodings.rows()).rev().collect();
    let reversed = apply(module, &select(encodings, &all), "a batch in another order");
    for (row, expected) in together.rows().enumerate() {
        let alone = apply(module, &select(encodings, &[row]), "one query");
        assert_eq!(alone.len(), 1, "one query: one vector");
        assert_close("one query alone and in a batch", expected, alone.row(0), tolerance);
        let elsewhere = reversed.row(all.len() - 1 - row);
        assert_close("a batch in another order", expected, elsewhere, tolerance);
    }
}

fn same_in_any_pool<E: Encoding, M: SearchModule<E>>(module: &M, encodings: &E, together: &Embeddings) {
    crate::index::repeatability::in_pools(|threads| {
        let again = apply(module, encodings, "a batch again");
        assert_eq!(&again, together, "the same batch again, with {threads} threads: the same vectors");
    });
}

fn refuses_another_dimension<M: SearchModule>(module: &M, dim: usize) {
    let found = module.apply(&generate::embeddings(2, dim + 1, 2));
    let refused = matches!(found, Err(Error::DimensionMismatch { expected, found, .. }) if expected == dim && found == dim + 1);
    assert!(refused, "encodings of another dimension: expected DimensionMismatch, found {found:?}");
}

fn apply<E: Encoding, M: SearchModule<E>>(module: &M, encodings: &E, claim: &str) -> Embeddings {
    match module.apply(encodings) {
        Ok(mapped) => mapped,
        Err(error) => panic!("{claim}: expected vectors, found the error {error}"),
    }
}

fn select<E: Encoding>(encodings: &E, rows: &[usize]) -> E {
    match encodings.select_rows(rows) {
        Ok(selected) => selected,
        Err(error) => panic!("select_rows: expected rows, found the error {error}"),
    }
}
