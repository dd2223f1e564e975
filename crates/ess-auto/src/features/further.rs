//! What further encoders find and say.

use ess_core::{Error, Hit, Index, Searcher};

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
        (FurtherItems::Sparse { index, .. }, FurtherQueries::Sparse(queries)) => {
            Ok(Some(index.search(queries, depth)?))
        }
        _ => Ok(None),
    }
}

/// The inner products of one query, brought to unit norm, with some of the items, whose mean norm is brought to 1; none for
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
        (FurtherItems::Sparse { vectors, length, .. }, FurtherQueries::Sparse(queries)) => {
            let query: Vec<(u32, f32)> = queries.row(row).collect();
            let scale = scale(query.iter().map(|(_, value)| *value), *length);
            let value = |&item: &u32| scaled(sparse_dot(&query, vectors.row(item as usize)), scale);
            Some(items.iter().map(value).collect())
        }
        _ => None,
    }
}

/// `⟨a, b⟩` of sparse vectors whose components ascend.
fn sparse_dot(a: &[(u32, f32)], b: impl Iterator<Item = (u32, f32)>) -> f32 {
    let mut rest = a;
    let product = |(component, value): (u32, f32)| {
        rest = &rest[rest.partition_point(|(other, _)| *other < component)..];
        match rest.first() {
            Some((other, own)) if *other == component => own * value,
            _ => 0.0,
        }
    };
    b.map(product).sum()
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
    use ess_lexical::SparseVectors;

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

    #[test]
    fn sparse_vectors_give_what_dense_ones_of_the_same_numbers_do() {
        let rows = [[0.0, 2.0, 0.0, 1.0], [3.0, 0.0, 0.0, 0.5], [0.0; 4], [1.0, -1.0, 0.25, 4.0]];
        let query = [[0.0, 1.5, 0.25, 2.0]];
        let sparse = |rows: &[[f32; 4]]| {
            let row = |row: &[f32; 4]| (0..4).zip(*row).filter(|(_, value)| *value != 0.0).collect();
            SparseVectors::new(4, &rows.iter().map(row).collect::<Vec<Vec<(u32, f32)>>>()).unwrap()
        };
        let dense = FurtherItems::dense(Embeddings::from_rows(&rows).unwrap()).unwrap();
        let by_dense = FurtherQueries::Dense(Embeddings::from_rows(&query).unwrap());
        let (all, by_sparse) = (FurtherItems::sparse(sparse(&rows)), FurtherQueries::Sparse(sparse(&query)));
        let expected = similarities(&dense, &by_dense, 0, &[0, 1, 2, 3]).unwrap();
        let found = similarities(&all, &by_sparse, 0, &[0, 1, 2, 3]).unwrap();
        expected.iter().zip(&found).for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{found:?}"));
        let items = |hits: Vec<Vec<Hit>>| hits[0].iter().map(|hit| hit.item).collect::<Vec<_>>();
        let found = items(search(&all, &by_sparse, 3).unwrap().unwrap());
        assert_eq!(found, items(search(&dense, &by_dense, 3).unwrap().unwrap()));
        assert!(search(&all, &by_dense, 3).unwrap().is_none());
        assert!(similarities(&dense, &by_sparse, 0, &[0]).is_none());
    }
}
