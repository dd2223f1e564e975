//! What every encoder promises, on either side.

use ess_core::{Embeddings, Encoding, Error, ItemEncoder, QueryEncoder};

use crate::vectors::assert_close;

/// Checks a query encoder that gives [`Embeddings`], on at least 2 different queries of the caller's.
///
/// - It declares at least one dimension, and returns one vector of it for each query.
/// - A query is encoded the same alone, in a batch, and in a batch in another order, within `tolerance`: the largest
///   difference allowed, relative to the vector's largest number (0 for exactly; 1e-4 suits a transformer in `f32`).
/// - The same batch gives the same vectors again, bit for bit.
/// - An empty batch is refused with [`Error::Empty`].
///
/// ```
/// use ess_core::EncoderFn;
///
/// let encoder = EncoderFn::new(1, |text: &str| vec![text.len() as f32]);
/// ess_testing::encoder::query_encoder_conforms(&encoder, &["one", "three"], 0.0);
/// ```
///
/// # Panics
/// With the promise that was broken.
pub fn query_encoder_conforms<E>(encoder: &E, queries: &[&E::Query], tolerance: f32)
where
    E: QueryEncoder<Encoding = Embeddings>,
{
    query_encoder_conforms_with(encoder, queries, tolerance, |encoding| {
        assert_eq!(encoding.dim(), encoder.dim(), "a query encoder: vectors of the declared dimension");
        encoding.as_slice().to_vec()
    });
}

/// As [`query_encoder_conforms`], for an encoder with an encoding of its own.
///
/// `components` gives the components of an encoding of one row; their meaning does not matter, only that they are the
/// same for the same query.
///
/// # Panics
/// With the promise that was broken.
pub fn query_encoder_conforms_with<E: QueryEncoder>(
    encoder: &E,
    queries: &[&E::Query],
    tolerance: f32,
    components: impl Fn(&E::Encoding) -> Vec<f32>,
) {
    assert!(encoder.dim() > 0, "a query encoder: at least one dimension");
    conforms("a query encoder", queries.len(), tolerance, |rows| {
        let chosen: Vec<&E::Query> = rows.iter().map(|&row| queries[row]).collect();
        let encoding = encoder.encode_queries(&chosen)?;
        let one = |row| Ok(components(&encoding.select_rows(&[row])?));
        (0..encoding.rows()).map(one).collect()
    });
}

/// Checks an item encoder on at least 2 different items of the caller's, for the same promises as
/// [`query_encoder_conforms`].
///
/// ```
/// use ess_core::EncoderFn;
///
/// let encoder = EncoderFn::new(1, |text: &str| vec![text.len() as f32]);
/// ess_testing::encoder::item_encoder_conforms(&encoder, &["one", "three"], 0.0);
/// ```
///
/// # Panics
/// With the promise that was broken.
pub fn item_encoder_conforms<E: ItemEncoder>(encoder: &E, items: &[&E::Item], tolerance: f32) {
    assert!(encoder.dim() > 0, "an item encoder: at least one dimension");
    conforms("an item encoder", items.len(), tolerance, |rows| {
        let chosen: Vec<&E::Item> = rows.iter().map(|&row| items[row]).collect();
        let embeddings = encoder.encode_items(&chosen)?;
        assert_eq!(embeddings.dim(), encoder.dim(), "an item encoder: vectors of the declared dimension");
        Ok(embeddings.rows().map(<[f32]>::to_vec).collect())
    });
}

/// `encode` gives one vector for each of the inputs named by row.
fn conforms(
    who: &str,
    inputs: usize,
    tolerance: f32,
    encode: impl Fn(&[usize]) -> Result<Vec<Vec<f32>>, Error>,
) {
    assert!(inputs >= 2, "the suite needs at least 2 inputs");
    let found = encode(&[]);
    assert!(
        matches!(found, Err(Error::Empty { .. })),
        "{who}: an empty batch: expected Empty, found {found:?}"
    );

    let encoded = |rows: &[usize]| match encode(rows) {
        Ok(vectors) => {
            assert_eq!(vectors.len(), rows.len(), "{who}: one vector for each input");
            vectors
        }
        Err(error) => panic!("{who}: inputs {rows:?}: expected vectors, found the error {error}"),
    };
    let forward: Vec<usize> = (0..inputs).collect();
    let together = encoded(&forward);
    assert_eq!(encoded(&forward), together, "{who}: the same batch again: the same vectors");
    let backward: Vec<usize> = forward.iter().rev().copied().collect();
    let reversed = encoded(&backward);
    for (row, expected) in together.iter().enumerate() {
        let claim = format!("{who}: input {row} alone and in a batch");
        assert_close(&claim, expected, &encoded(&[row])[0], tolerance);
        let claim = format!("{who}: input {row} in a batch in another order");
        assert_close(&claim, expected, &reversed[inputs - 1 - row], tolerance);
    }
}
