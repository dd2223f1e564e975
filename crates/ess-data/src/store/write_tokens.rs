//! Writing a store file with token states, whole or not at all.

use std::{io::Write, path::Path};

use ess_core::{Embeddings, Ids, TokenStates};

use super::{
    shape::{Shape, TokenShape},
    write::write_checksummed,
};
use crate::{dtype::Dtype, error::Error, matrix_writer::MatrixWriter, provenance::Provenance};

/// The sizes of a store with token states, known before its components are written.
///
/// Runnable at [`write_token_store_in_batches`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenStoreShape {
    /// The dimension of the sentence embeddings, `d`.
    pub dim: usize,
    /// The dimension of a token's state.
    pub token_dim: usize,
    /// The number of tokens of all rows together.
    pub tokens: usize,
    /// How many tokens at the start of each row are the encoder's prompt.
    pub prompt_tokens: usize,
}

/// Writes ids, their sentence embeddings and the states of their tokens as one store file.
///
/// ```
/// use ess_core::{Embeddings, Ids, TokenStates};
/// use ess_data::{Dtype, EmbeddingStore, Provenance, write_token_store};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("queries.safetensors");
/// let ids = Ids::new(["a", "b"].map(String::from).to_vec())?;
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let states = TokenStates::from_texts(embeddings, 3, &[vec![0.5; 6], vec![0.25; 3]])?;
/// write_token_store(&path, &ids, &states, Dtype::F16, &Provenance::default())?;
///
/// let store = EmbeddingStore::open(&path)?;
/// assert_eq!(store.to_token_states()?, states);
/// assert_eq!(store.to_embeddings()?.dim(), 2);
/// # Ok::<(), ess_data::Error>(())
/// ```
///
/// # Errors
/// Those of [`write_store`](crate::write_store), for embeddings and token states alike.
pub fn write_token_store(
    path: impl AsRef<Path>,
    ids: &Ids,
    states: &TokenStates,
    dtype: Dtype,
    provenance: &Provenance,
) -> Result<(), Error> {
    let shape = TokenStoreShape {
        dim: states.embeddings().dim(),
        token_dim: states.token_dim(),
        tokens: states.starts().last().copied().unwrap_or(0),
        prompt_tokens: states.prompt_tokens(),
    };
    write_token_store_in_batches(path, ids, shape, dtype, provenance, || [Ok::<_, Error>(states.clone())])
}

/// Writes a store file with token states from batches of rows that come one by one: memory for the ids, the ends of
/// the rows and one batch.
///
/// Sentence embeddings and token states are at two positions of the file, so the batches are asked for three times and must be
/// the same each time; batches that are expensive to make should be kept in files of their own first.
///
/// ```
/// use ess_core::{Embeddings, Ids, TokenStates};
/// use ess_data::{Dtype, EmbeddingStore, Error, Provenance, TokenStoreShape, write_token_store_in_batches};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("items.safetensors");
/// let ids = Ids::new(["a", "b"].map(String::from).to_vec())?;
/// let one = |tokens: usize| {
///     TokenStates::from_texts(Embeddings::from_rows(&[[1.0]])?, 2, &[vec![0.5; 2 * tokens]])
/// };
/// let shape = TokenStoreShape { dim: 1, token_dim: 2, tokens: 5, prompt_tokens: 0 };
/// let batches = || [one(3), one(2)];
/// write_token_store_in_batches(&path, &ids, shape, Dtype::F32, &Provenance::default(), batches)?;
/// assert_eq!(EmbeddingStore::open(&path)?.to_token_states()?.tokens(1), 2);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// Those of [`write_store_in_batches`](crate::write_store_in_batches); [`ess_core::Error::LengthMismatch`] when there
/// are not as many tokens as the shape says.
pub fn write_token_store_in_batches<E: Into<Error>, I: IntoIterator<Item = Result<TokenStates, E>>>(
    path: impl AsRef<Path>,
    ids: &Ids,
    shape: TokenStoreShape,
    dtype: Dtype,
    provenance: &Provenance,
    batches: impl Fn() -> I,
) -> Result<(), Error> {
    let path = path.as_ref();
    let sizes = [
        ("rows of a store", ids.len()),
        ("dimensions of a store", shape.dim),
        ("dimensions of token states", shape.token_dim),
    ];
    if let Some((what, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
        return Err(ess_core::Error::Empty { what }.into());
    }
    let TokenStoreShape { dim, token_dim, tokens, prompt_tokens } = shape;
    let id_bytes = ids.iter().map(str::len).sum();
    let token_shape = TokenShape { count: tokens, dim: token_dim, prompt_tokens };
    let header = Shape { len: ids.len(), dim, dtype, id_bytes, tokens: Some(token_shape) };
    let checked = || batches().into_iter().map(|batch| check(batch.map_err(Into::into)?, shape));
    write_checksummed(path, ids, &header, provenance, |file| {
        write_ends(path, file, checked(), tokens)?;
        let embeddings = checked().map(|batch| batch.map(|batch| batch.embeddings().clone()));
        MatrixWriter { path, rows: ids.len(), dim, dtype }.write(file, embeddings)?;
        let states = checked().filter_map(|batch| match batch {
            Ok(batch) if batch.packed().is_empty() => None,
            Ok(batch) => Some(Embeddings::from_vec(batch.packed().to_vec(), token_dim).map_err(Error::Core)),
            Err(error) => Some(Err(error)),
        });
        MatrixWriter { path, rows: tokens, dim: token_dim, dtype }.write(file, states)
    })
}

fn check(batch: TokenStates, shape: TokenStoreShape) -> Result<TokenStates, Error> {
    ess_core::Error::check_dim("batch of token states", shape.token_dim, batch.token_dim())?;
    if batch.prompt_tokens() != shape.prompt_tokens {
        let (what, expected, found) =
            ("tokens of the prompt in a batch", shape.prompt_tokens, batch.prompt_tokens());
        return Err(ess_core::Error::LengthMismatch { what, expected, found }.into());
    }
    Ok(batch)
}

/// Where each row's tokens end, counted through all batches.
fn write_ends(
    path: &Path,
    file: &mut dyn Write,
    batches: impl Iterator<Item = Result<TokenStates, Error>>,
    tokens: usize,
) -> Result<(), Error> {
    let mut end = 0;
    for batch in batches {
        let batch = batch?;
        for start in &batch.starts()[1..] {
            file.write_all(&((end + start) as u64).to_le_bytes()).map_err(Error::io(path))?;
        }
        end += batch.starts().last().copied().unwrap_or(0);
    }
    if end == tokens {
        return Ok(());
    }
    Err(ess_core::Error::LengthMismatch { what: "tokens of a store", expected: tokens, found: end }.into())
}
