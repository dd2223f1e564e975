//! Dev queries that are nearly training queries.

use ess_core::{Embeddings, Error, Index};
use ess_index::FlatIndex;

/// Queries are near duplicates from this cosine on.
const NEAR_DUPLICATE: f32 = 0.95;

/// How many of the `dev` queries are near duplicates of one of `train`; `n × d` each.
pub(crate) fn near_duplicates(train: &Embeddings, dev: &Embeddings) -> Result<usize, Error> {
    let nearest = FlatIndex::new(train.clone().normalized())?.search(&dev.clone().normalized(), 1)?;
    Ok(nearest.iter().filter(|hits| hits.iter().any(|hit| hit.similarity >= NEAR_DUPLICATE)).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_decide_and_lengths_do_not() {
        let train = Embeddings::from_rows(&[[3.0, 0.0], [0.0, 0.1]]).unwrap();
        let dev = Embeddings::from_rows(&[[0.0, 2.0], [1.0, 1.0], [5.0, 0.1], [-1.0, 0.0]]).unwrap();
        assert_eq!(near_duplicates(&train, &dev).unwrap(), 2);
    }
}
