//! What queries of a task say of their relevant items, erased or kept by LEACE.

use anyhow::Result;
use burn::tensor::Device;
use ess_core::Embeddings;
use ess_linalg::{AffineMap, ConceptErasure, Pairs};
use ess_train::{Items, QuerySet, mean_positives};

use super::directions::directions;

/// What vectors have of a task's concept, and nothing else.
pub(super) fn only(items: &Embeddings, queries: &QuerySet, count: usize) -> Result<AffineMap> {
    Ok(concept(items, queries, count)?.keep()?)
}

/// What they have besides.
pub(super) fn without(items: &Embeddings, queries: &QuerySet, count: usize) -> Result<AffineMap> {
    Ok(concept(items, queries, count)?.erase()?)
}

/// The concept of a task's query is where its relevant items lie (their mean, by grade) along the `count` directions in which queries
/// agree with their relevant items, the same that [`directions`] removes. The change is least for the task's items and these queries:
/// a few hundred queries alone would leave most directions of the whitening to chance.
fn concept(items: &Embeddings, queries: &QuerySet, count: usize) -> Result<ConceptErasure> {
    let axes = directions(items, queries, count)?;
    let relevant = mean_positives(queries, &Items::new(items, &Device::flex()))?;
    Ok(ConceptErasure::among(&Pairs::new(queries.encodings(), relevant.dot(&axes))?, items)?)
}

#[cfg(test)]
mod tests {
    use ess_core::SearchModule;
    use ess_train::Judgement;
    use ndarray::{Array2, Axis};

    use super::*;

    /// Forty items, and a query beside each that the second dimension turns away a little.
    fn task() -> (Embeddings, QuerySet) {
        let item = |at: usize| {
            let angle = at as f32 * 0.7;
            [angle.sin(), (2.3 * angle).cos(), (0.9 * angle + 1.0).sin(), (1.7 * angle).cos()]
        };
        let items = Embeddings::from_rows(&(0..40).map(item).collect::<Vec<_>>()).unwrap();
        let beside = |at: usize| {
            let [first, second, third, fourth] = item(at);
            [first + 0.2 * second, 0.3 * second + 0.5 * third, 0.1 * third, fourth * (at % 3) as f32]
        };
        let queries = Embeddings::from_rows(&(0..40).map(beside).collect::<Vec<_>>()).unwrap();
        let judged = (0..40).map(|item| vec![Judgement { item, grade: 1 }]).collect();
        (items, QuerySet::new(queries, judged).unwrap())
    }

    /// The largest covariance of queries with their items along the directions.
    fn said(items: &Embeddings, set: &QuerySet, encodings: &Embeddings) -> f64 {
        let centred = |rows: Array2<f64>| &rows - &rows.mean_axis(Axis(0)).unwrap();
        let axes = directions(items, set, 2).unwrap();
        let (queries, items) = (encodings.view().mapv(f64::from), items.view().mapv(f64::from));
        let covariance = centred(queries).t().dot(&centred(items.dot(&axes))) / 40.0;
        covariance.iter().fold(0.0_f64, |most, x| most.max(x.abs()))
    }

    #[test]
    fn queries_say_nothing_linear_of_their_items_along_the_directions_and_the_parts_are_the_whole() {
        let (items, set) = task();
        let apply = |map: AffineMap| map.apply(set.encodings()).unwrap();
        let (erased, kept) =
            (apply(without(&items, &set, 2).unwrap()), apply(only(&items, &set, 2).unwrap()));
        let (before, after) = (said(&items, &set, set.encodings()), said(&items, &set, &erased));
        assert!(before > 0.05 && after < 1e-6 * before.max(1.0), "{before} before, {after} after");
        assert!((said(&items, &set, &kept) - before).abs() < 1e-5);
        let whole = erased.as_slice().iter().zip(kept.as_slice()).map(|(one, other)| one + other);
        assert!(whole.zip(set.encodings().as_slice()).all(|(sum, &own)| (sum - own).abs() < 1e-5));
        assert!(only(&items, &set, 4).is_err());
    }
}
