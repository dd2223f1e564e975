//! Test queries that are nearly training queries.

use ess_core::{Embeddings, Index};
use ess_index::FlatIndex;

use crate::error::Error;

/// The smallest cosine of near duplicates.
const NEAR_DUPLICATE: f32 = 0.95;

/// How many of the `test` queries are near duplicates of a training query: with one of them they have a cosine of at least
/// 0.95. Each set is `n × d`.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_train::near_duplicates;
///
/// let train = Embeddings::from_rows(&[[3.0, 0.0], [0.0, 0.1]])?;
/// let dev = Embeddings::from_rows(&[[1.0, 1.0]])?;
/// let test = Embeddings::from_rows(&[[0.0, 2.0], [1.0, 1.1], [-1.0, 0.0]])?;
/// assert_eq!(near_duplicates(&[&train], &test)?, 1);
/// assert_eq!(near_duplicates(&[&train, &dev], &test)?, 2);
/// # Ok::<(), ess_train::Error>(())
/// ```
///
/// # Errors
/// [`Error::Core`] for sets that differ in dimension.
pub fn near_duplicates(train: &[&Embeddings], test: &Embeddings) -> Result<usize, Error> {
    let test = test.clone().normalized();
    let mut is_near = vec![false; test.len()];
    for &train in train {
        let index = FlatIndex::new(train.clone().normalized()).map_err(ess_core::Error::from)?;
        for (near, hits) in is_near.iter_mut().zip(index.search(&test, 1)?) {
            *near |= hits.iter().any(|hit| hit.similarity >= NEAR_DUPLICATE);
        }
    }
    Ok(is_near.into_iter().filter(|&near| near).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_decide_and_lengths_do_not() {
        let train = Embeddings::from_rows(&[[3.0, 0.0], [0.0, 0.1]]).unwrap();
        let dev = Embeddings::from_rows(&[[0.0, 2.0], [1.0, 1.0], [5.0, 0.1], [-1.0, 0.0]]).unwrap();
        assert_eq!(near_duplicates(&[&train], &dev).unwrap(), 2);
        assert_eq!(near_duplicates(&[], &dev).unwrap(), 0);
    }

    #[test]
    fn another_dimension_is_refused() {
        let train = Embeddings::from_rows(&[[1.0, 0.0, 0.0]]).unwrap();
        let refused = near_duplicates(&[&train], &Embeddings::from_rows(&[[1.0, 0.0]]).unwrap());
        assert!(matches!(refused, Err(Error::Core(ess_core::Error::DimensionMismatch { .. }))));
    }
}
