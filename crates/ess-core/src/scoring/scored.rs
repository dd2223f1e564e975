//! A scoring as a similarity of whole batches: its plain definition.

use ndarray::{Array2, ArrayView2, Axis, s};

use super::definition::Scoring;
use crate::{embeddings::Embeddings, error::Error, hit::Hit, similarity::Similarity, top_k::TopK};

/// The [`Similarity`] of queries that are rows of a [`Scoring`] (`n × width`) and items (`m × d_item`).
///
/// [`Mixture`](crate::Mixture) has an example.
#[derive(Clone, Copy, Debug)]
pub struct Scored<S>(S);

/// Products that are in memory at once: 4 Mi numbers.
const PRODUCTS: usize = 1 << 22;
/// Vectors of queries that share a product with the items.
const ROWS: usize = 256;

impl<S: Scoring> Scored<S> {
    /// The similarity of this scoring.
    pub fn new(scoring: S) -> Self {
        Self(scoring)
    }

    /// The scores of some items (`k × d_item`) for one query (`width`).
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] for a row of another width; [`Error::NonFinite`] with the item, as the column, when a score is not
    /// a finite number.
    pub fn of_query(&self, query: &[f32], items: ArrayView2<'_, f32>) -> Result<Vec<f32>, Error> {
        let mut scores = vec![0.0; items.nrows()];
        let query = ArrayView2::from_shape((1, query.len()), query).map_err(Error::external)?;
        self.of_block(query, items, &mut scores)?;
        Ok(scores)
    }

    /// The `k` items of highest score for each query (`n × width`), by scoring all items (`m × d_item`): exact, in time that grows with
    /// `n · m · r · d_item`. No more than about 16 megabytes of products are in memory at once.
    ///
    /// # Errors
    /// [`Error::KOutOfRange`] for `k = 0`, and those of [`Scored::of_query`].
    pub fn search(&self, queries: &Embeddings, items: &Embeddings, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        Error::check_k(k, items.len())?;
        let vectors = self.0.vectors();
        let block = (ROWS / vectors).max(1);
        let tile = (PRODUCTS / (block * vectors)).clamp(1, items.len());
        let mut hits = Vec::with_capacity(queries.len());
        let mut scores = vec![0.0; block * tile];
        for queries in queries.view().axis_chunks_iter(Axis(0), block) {
            let mut best = vec![TopK::new(k.min(items.len())); queries.nrows()];
            for (at, items) in items.view().axis_chunks_iter(Axis(0), tile).enumerate() {
                let scores = &mut scores[..queries.nrows() * items.nrows()];
                self.of_block(queries, items, scores)?;
                for (best, scores) in best.iter_mut().zip(scores.chunks_exact(items.nrows())) {
                    best.extend_from_similarities(at * tile, scores);
                }
            }
            hits.extend(best.into_iter().map(TopK::into_sorted));
        }
        Ok(hits)
    }

    /// The scores of some items for some queries, row-major.
    fn of_block(
        &self,
        queries: ArrayView2<'_, f32>,
        items: ArrayView2<'_, f32>,
        scores: &mut [f32],
    ) -> Result<(), Error> {
        let ((k, dim), vectors) = (items.dim(), self.0.vectors());
        Error::check_dim("rows of queries that are scored", self.0.width(dim), queries.ncols())?;
        if k == 0 {
            return Ok(());
        }
        let own: Vec<f32> =
            queries.rows().into_iter().flat_map(|row| row.slice(s![..vectors * dim]).to_vec()).collect();
        let own = Array2::from_shape_vec((queries.nrows() * vectors, dim), own).map_err(Error::external)?;
        let products = own.dot(&items.t());
        let products = products.as_standard_layout();
        let of_queries = products.as_slice().unwrap_or_default().chunks_exact(vectors * k);
        for ((products, query), scores) in of_queries.zip(queries.rows()).zip(scores.chunks_exact_mut(k)) {
            let values = query.slice(s![vectors * dim..]).to_vec();
            self.0.scores(products, &values, scores);
        }
        Error::check_finite("scores of items", scores, k)
    }
}

impl<S: Scoring> Similarity for Scored<S> {
    fn similarities(&self, queries: &Embeddings, items: &Embeddings) -> Result<Array2<f32>, Error> {
        let mut all = Array2::zeros((queries.len(), items.len()));
        for (query, mut scores) in queries.rows().zip(all.rows_mut()) {
            scores.assign(&ndarray::ArrayView1::from(&self.of_query(query, items.view())?));
        }
        Ok(all)
    }
}

impl<S: Scoring + ?Sized> Scoring for &S {
    fn vectors(&self) -> usize {
        (**self).vectors()
    }

    fn values(&self) -> usize {
        (**self).values()
    }

    fn searched(&self) -> usize {
        (**self).searched()
    }

    fn scores(&self, products: &[f32], values: &[f32], scores: &mut [f32]) {
        (**self).scores(products, values, scores);
    }

    fn slopes(&self, products: &mut [f32], values: &[f32], slopes: &[f32], of_values: &mut [f32]) {
        (**self).slopes(products, values, slopes, of_values);
    }

    fn bound(&self, products: &[f32], values: &[f32]) -> Option<f32> {
        (**self).bound(products, values)
    }

    fn width(&self, item_dim: usize) -> usize {
        (**self).width(item_dim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::{mixture::Mixture, neurons::Neurons};

    const ITEMS: usize = 70;

    fn wave(count: usize, step: f64) -> Vec<f32> {
        (0..count).map(|i| (i as f64 * step + 0.3).sin() as f32).collect()
    }

    /// The definition in f64 from a query's products and values: `Σᵢ slopesᵢ · scoreᵢ`.
    type Definition = fn(&[f64], &[f64]) -> f64;

    fn mixture(products: &[f64], _values: &[f64]) -> f64 {
        let shares: Vec<f64> = products.iter().map(|a| (3.0 * a).exp()).collect();
        products.iter().zip(&shares).map(|(a, p)| a * p).sum::<f64>() / shares.iter().sum::<f64>()
    }

    fn neurons(products: &[f64], values: &[f64]) -> f64 {
        let hidden = values.len() / 2;
        let unit = |j: usize| values[hidden + j] * (products[1 + j] + values[j]).max(0.0);
        products[0] + (0..hidden).map(unit).sum::<f64>()
    }

    fn each() -> [(Box<dyn Scoring>, Definition); 3] {
        [
            (Box::new(Mixture { vectors: 4, sharpness: 3.0 }), mixture),
            (Box::new(Mixture { vectors: 1, sharpness: 3.0 }), mixture),
            (Box::new(Neurons { hidden: 3 }), neurons),
        ]
    }

    #[test]
    fn scores_and_slopes_are_those_of_the_definition_in_f64() {
        for (scoring, definition) in each() {
            let (vectors, slopes) = (scoring.vectors(), wave(ITEMS, 0.7));
            let (products, values) = (wave(vectors * ITEMS, 0.37), wave(scoring.values(), 1.1));
            let wide = |all: &[f32]| all.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
            let column = |all: &[f64], item: usize| -> Vec<f64> {
                (0..vectors).map(|j| all[j * ITEMS + item]).collect()
            };
            let (all, own) = (wide(&products), wide(&values));
            let mut scores = vec![0.0; ITEMS];
            scoring.scores(&products, &values, &mut scores);
            for (item, &score) in scores.iter().enumerate() {
                let expected = definition(&column(&all, item), &own);
                assert!((f64::from(score) - expected).abs() < 1e-5, "{scoring:?} {item}: {score} {expected}");
            }
            let (mut found, mut of_values) = (products.clone(), vec![0.5; values.len()]);
            scoring.slopes(&mut found, &values, &slopes, &mut of_values);
            let sum = |all: &[f64], own: &[f64]| -> f64 {
                (0..ITEMS).map(|item| f64::from(slopes[item]) * definition(&column(all, item), own)).sum()
            };
            let difference = |of: &dyn Fn(f64) -> f64| (of(1e-6) - of(-1e-6)) / 2e-6;
            for at in 0..all.len() {
                let of = |step: f64| {
                    let mut moved = all.clone();
                    moved[at] += step;
                    sum(&moved, &own)
                };
                assert!((f64::from(found[at]) - difference(&of)).abs() < 1e-4, "{scoring:?} product {at}");
            }
            for at in 0..own.len() {
                let of = |step: f64| {
                    let mut moved = own.clone();
                    moved[at] += step;
                    sum(&all, &moved)
                };
                let found = f64::from(of_values[at]) - 0.5;
                assert!((found - difference(&of)).abs() < 1e-4, "{scoring:?} number {at}");
            }
        }
    }

    #[test]
    fn a_mixture_stays_between_its_products_and_below_its_bound() {
        let products = wave(5 * ITEMS, 0.53);
        for sharpness in [0.0, 1.0, 30.0, 1e6] {
            let (mixture, mut scores) = (Mixture { vectors: 5, sharpness }, vec![0.0; ITEMS]);
            mixture.scores(&products, &[], &mut scores);
            for (item, &score) in scores.iter().enumerate() {
                let own: Vec<f32> = (0..5).map(|j| products[j * ITEMS + item]).collect();
                let least = own.iter().copied().fold(f32::MAX, f32::min);
                let bound = mixture.bound(&own, &[]).unwrap();
                assert!((least - 1e-6..=bound + 1e-6).contains(&score), "{sharpness} {item}: {score}");
            }
        }
    }

    #[test]
    fn a_search_finds_the_best_of_all_similarities() {
        let items = Embeddings::from_vec(wave(90 * 3, 0.61), 3).unwrap();
        for (scoring, _) in each() {
            let width = scoring.width(3);
            let queries = Embeddings::from_vec(wave(150 * width, 0.23), width).unwrap();
            let scored = Scored::new(&*scoring);
            let (found, all) =
                (scored.search(&queries, &items, 7).unwrap(), scored.similarities(&queries, &items).unwrap());
            for (hits, scores) in found.iter().zip(all.rows()) {
                let mut best = TopK::new(7);
                best.extend_from_similarities(0, &scores.to_vec());
                let best = best.into_sorted();
                assert!(hits.iter().zip(&best).all(|(a, b)| (a.similarity - b.similarity).abs() < 1e-5));
                assert_eq!(hits.len(), 7);
            }
        }
    }

    #[test]
    fn rows_of_another_width_and_overflows_are_refused() {
        let items = Embeddings::from_rows(&[[1.0, 2.0], [f32::MAX, f32::MAX]]).unwrap();
        let scored = Scored::new(Mixture { vectors: 2, sharpness: 1.0 });
        let query = Embeddings::from_rows(&[[1.0; 3]]).unwrap();
        let found = scored.similarities(&query, &items);
        assert!(matches!(found, Err(Error::DimensionMismatch { expected: 4, found: 3, .. })));
        let query = Embeddings::from_rows(&[[2.0; 4]]).unwrap();
        let found = scored.similarities(&query, &items);
        assert!(matches!(found, Err(Error::NonFinite { column: 1, .. })), "{found:?}");
        assert!(matches!(scored.search(&query, &items, 0), Err(Error::KOutOfRange { k: 0, .. })));
        let none = scored.of_query(&[1.0; 4], ArrayView2::from_shape((0, 2), &[]).unwrap()).unwrap();
        assert!(none.is_empty());
    }
}
