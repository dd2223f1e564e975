//! What further encoders find and say.

use ess_core::{Error, Hit, Index};

use super::asked::dot;
use crate::input::{further_items::FurtherItems, further_queries::FurtherQueries};

/// The `depth` items most similar to each query; none for queries of another kind than the items.
pub(crate) fn search(
    items: &FurtherItems,
    queries: &FurtherQueries,
    depth: usize,
) -> Result<Option<Vec<Vec<Hit>>>, Error> {
    match (items, queries) {
        (FurtherItems::Dense { index, .. }, FurtherQueries::Dense(queries)) => {
            Ok(Some(index.search(queries, depth)?))
        }
    }
}

/// The inner products of one query, brought to length 1, with some of the items, whose mean length is brought to 1; none for
/// queries of another kind. Nothing of training queries is needed for it.
pub(crate) fn similarities(
    all: &FurtherItems,
    queries: &FurtherQueries,
    row: usize,
    items: &[u32],
) -> Option<Vec<f32>> {
    match (all, queries) {
        (FurtherItems::Dense { embeddings, length, .. }, FurtherQueries::Dense(queries)) => {
            let query = queries.row(row);
            let scale = scale(query.iter().copied(), *length);
            let value = |&item: &u32| scaled(dot(query, embeddings.row(item as usize)), scale);
            Some(items.iter().map(value).collect())
        }
    }
}

/// What the products of a query with items of this mean length are times.
fn scale(query: impl Iterator<Item = f32>, item_length: f64) -> f64 {
    let squares: f64 = query.map(|value| f64::from(value).powi(2)).sum();
    1.0 / (squares.sqrt() * item_length).max(f64::MIN_POSITIVE)
}

fn scaled(product: f32, scale: f64) -> f32 {
    (f64::from(product) * scale) as f32
}

#[cfg(test)]
mod tests {
    use ess_core::Embeddings;

    use super::*;

    #[test]
    fn similarities_do_not_depend_on_the_lengths_of_queries_and_of_all_items() {
        let of = |factor: f32, query: [f32; 2]| {
            let rows = [[3.0, 0.0], [0.0, 1.0], [0.0, 0.0]].map(|row: [f32; 2]| row.map(|x| factor * x));
            let items = FurtherItems::dense(Embeddings::from_rows(&rows).unwrap()).unwrap();
            let queries = FurtherQueries::Dense(Embeddings::from_rows(&[query]).unwrap());
            similarities(&items, &queries, 0, &[0, 1, 2]).unwrap()
        };
        let plain = of(1.0, [0.6, 0.8]);
        // √(10 / 3) is the mean length.
        let expected = [1.8_f32, 0.8, 0.0].map(|product| product / (10.0_f32 / 3.0).sqrt());
        plain.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{plain:?}"));
        let longer = of(7.0, [6.0, 8.0]);
        plain.iter().zip(&longer).for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{longer:?}"));
        assert_eq!(of(1.0, [0.0, 0.0]), [0.0; 3]);
        assert_eq!(of(0.0, [1.0, 0.0]), [0.0; 3]);
    }
}
