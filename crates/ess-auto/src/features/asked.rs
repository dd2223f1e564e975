//! A query as features read it.

use std::{cell::RefCell, collections::BTreeMap};

use ess_lexical::SparseVectors;

use super::{feedback::Feedback, scale::Scale};
use crate::input::{
    collection::{Collection, LexicalItems},
    further_queries::{Further, FurtherQueries},
    query_tokens::QueryTokens,
};

/// One query, the collection that it is asked of, and what is known of it.
pub struct Asked<'a> {
    pub(crate) collection: &'a Collection,
    pub(crate) scale: Scale,
    pub(crate) query: &'a [f32],
    /// The queries of its batch by each further encoder, and which of them it is.
    pub(crate) further: &'a Further,
    pub(crate) row: usize,
    /// Counts of terms, where there are texts on both sides.
    pub(crate) terms: Option<Vec<(u32, f32)>>,
    pub(crate) tokens: Option<&'a QueryTokens>,
    /// `f(q) − q`, where there is a trained module.
    pub(crate) change: Option<&'a [f32]>,
    /// Items of similar training queries, with the strengths of dense and of lexical neighbours.
    pub(crate) recalled: &'a BTreeMap<u32, [f32; 2]>,
    /// What the first pass found; none in the first pass.
    pub(crate) feedback: Option<&'a Feedback>,
    /// The items whose tokens are looked at, which ascend.
    pub(crate) close: &'a [u32],
    /// As long as the vocabulary, and all zeros between uses.
    pub(crate) scratch: RefCell<&'a mut [f32]>,
}

impl<'a> Asked<'a> {
    /// The collection.
    pub fn collection(&self) -> &'a Collection {
        self.collection
    }

    /// The query's embedding, `d` components.
    pub fn query(&self) -> &'a [f32] {
        self.query
    }

    /// The query's embedding by a further encoder, by its name; where queries have one and a feature that is weighed reads it
    /// ([`Feature::encoding`](crate::Feature::encoding)).
    pub fn encoding(&self, name: &str) -> Option<&'a [f32]> {
        match self.further.get(name)? {
            FurtherQueries::Dense(queries) => Some(queries.row(self.row)),
            _ => None,
        }
    }

    /// The query's sparse vector by a further encoder, by its name: the components that are not 0, ascending; as
    /// [`Asked::encoding`].
    pub fn sparse_encoding(&self, name: &str) -> Option<Vec<(u32, f32)>> {
        match self.further.get(name)? {
            FurtherQueries::Sparse(queries) => Some(queries.row(self.row).collect()),
            _ => None,
        }
    }

    /// What another system scores of its first items for the query, by the system's name: rows of the collection, ascending, with
    /// their scores; as [`Asked::encoding`].
    pub fn scores(&self, name: &str) -> Option<&'a [(u32, f32)]> {
        match self.further.get(name)? {
            FurtherQueries::Scores(scores) => Some(scores.row(self.row)),
            _ => None,
        }
    }

    /// The counts of the query's terms, by index in the collection's vocabulary; none in the choice without texts.
    pub fn terms(&self) -> Option<&[(u32, f32)]> {
        self.terms.as_deref()
    }

    /// `f(q) − q` of a trained module, `d` components, where there is one.
    pub fn change(&self) -> Option<&'a [f32]> {
        self.change
    }

    /// The states of the query's tokens, `t × d_token` row by row; where queries have them and a feature that is weighed reads
    /// them ([`Feature::reads_tokens`](crate::Feature::reads_tokens)).
    pub fn token_states(&self) -> Option<&'a [f32]> {
        self.tokens.map(QueryTokens::states)
    }

    /// BM25 of the items' texts, one value an item; none where there are no texts on one of the sides.
    ///
    /// # Panics
    /// For a row that the collection does not have.
    pub fn lexical_products(&self, items: &[u32]) -> Option<Vec<f32>> {
        self.lexical().map(|(lexical, terms)| self.sparse_products(1.0, terms, &lexical.items, items))
    }

    /// The weighted mean of the embeddings that the first pass puts first, `d` components; none in the first pass.
    pub fn centroid(&self) -> Option<&'a [f32]> {
        self.feedback.map(|feedback| &feedback.centroid[..])
    }

    /// `factor · ⟨vector, d⟩` for each item.
    pub(crate) fn products(&self, factor: f32, vector: &[f32], items: &[u32]) -> Vec<f32> {
        items.iter().map(|&item| factor * dot(vector, self.collection.items.row(item as usize))).collect()
    }

    /// The collection's lexical encodings with the query's terms.
    pub(crate) fn lexical(&self) -> Option<(&'a LexicalItems, &[(u32, f32)])> {
        self.collection.lexical.as_ref().zip(self.terms())
    }

    /// The inner products of one sparse vector with some items, times a factor.
    pub(crate) fn sparse_products(
        &self,
        factor: f32,
        terms: &[(u32, f32)],
        all: &SparseVectors,
        items: &[u32],
    ) -> Vec<f32> {
        let mut scratch = self.scratch.borrow_mut();
        terms.iter().for_each(|&(index, value)| scratch[index as usize] = value);
        let product = |&item: &u32| {
            let sum: f32 = all.row(item as usize).map(|(index, value)| scratch[index as usize] * value).sum();
            factor * sum
        };
        let products = items.iter().map(product).collect();
        terms.iter().for_each(|&(index, _)| scratch[index as usize] = 0.0);
        products
    }
}

/// `⟨a, b⟩`.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(x, y)| x * y).sum();
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a_chunks.zip(b_chunks) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (x, y))| *sum += x * y);
    }
    rest + sums.iter().sum::<f32>()
}

#[cfg(test)]
mod tests {
    use ess_core::{Embeddings, Ids, QueryEncoder};
    use ess_lexical::Bm25Config;

    use super::*;
    use crate::input::auto_queries::AutoQueries;

    fn collection() -> Collection {
        let ids = Ids::new(["a", "b", "c"].map(str::to_owned).to_vec()).unwrap();
        let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]).unwrap();
        let collection = Collection::new(ids, items).unwrap();
        collection.with_texts(&["red fish", "blue bird", "red hat"], Bm25Config::default()).unwrap()
    }

    /// Asks the second of two queries, whose text is "red hat" where there are texts.
    fn ask<T>(
        collection: &Collection,
        with_texts: bool,
        read: impl FnOnce(&Asked<'_>) -> T,
    ) -> (T, Vec<f32>) {
        let dense = Embeddings::from_rows(&[[0.0, 1.0], [1.0, 0.0]]).unwrap();
        let queries = match with_texts {
            true => collection.encode(&dense, &["blue", "red hat"]).unwrap(),
            false => AutoQueries::new(dense),
        };
        let sparse = SparseVectors::new(9, &[vec![(1, 4.0)], vec![(2, 0.5), (7, 3.0)]]).unwrap();
        let other = Embeddings::from_rows(&[[1.0], [2.0]]).unwrap();
        let queries = queries.with_sparse_encoding("sparse", sparse).unwrap();
        let queries = queries.with_encoding("dense", other).unwrap();
        let queries = queries.with_scores("scores", vec![vec![(0, 1.0)], vec![(2, 5.0), (1, 4.0)]]).unwrap();
        let mut scratch = vec![0.0; collection.lexical.as_ref().unwrap().index.dim()];
        let asked = Asked {
            collection,
            scale: Scale::of(queries.dense(), collection),
            query: queries.dense().row(1),
            further: &queries.further,
            row: 1,
            terms: queries.lexical().map(|lexical| lexical.row(1).collect()),
            tokens: None,
            change: None,
            recalled: &BTreeMap::new(),
            feedback: None,
            close: &[],
            scratch: RefCell::new(&mut scratch[..]),
        };
        (read(&asked), scratch)
    }

    #[test]
    fn a_further_encoding_is_read_by_its_name_and_as_what_it_is() {
        let collection = collection();
        ask(&collection, false, |asked| {
            assert_eq!(asked.sparse_encoding("sparse"), Some(vec![(2, 0.5), (7, 3.0)]));
            assert_eq!(asked.encoding("dense"), Some(&[2.0][..]));
            assert_eq!(asked.scores("scores"), Some(&[(1, 4.0), (2, 5.0)][..]));
            for other in ["dense", "scores", "nobodys"] {
                assert_eq!(asked.sparse_encoding(other), None, "{other}");
            }
            assert!(asked.encoding("sparse").is_none() && asked.scores("sparse").is_none());
        });
    }

    #[test]
    fn lexical_products_are_what_the_index_of_the_texts_finds() {
        let collection = collection();
        let (products, scratch) = ask(&collection, true, |asked| {
            let products = asked.lexical_products(&[0, 1, 2]).unwrap();
            // Of any items, in any order, and again.
            assert_eq!(asked.lexical_products(&[2, 0]).unwrap(), [products[2], products[0]]);
            products
        });
        let lexical = collection.lexical.as_ref().unwrap();
        let query = lexical.encoder.encode_queries(&["red hat"]).unwrap();
        let expected = query.inner_products(&lexical.items).unwrap();
        for (found, expected) in products.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
        }
        assert!(products[2] > products[0] && products[0] > 0.0 && products[1] == 0.0, "{products:?}");
        assert!(scratch.iter().all(|&value| value == 0.0));
        assert_eq!(ask(&collection, false, |asked| asked.lexical_products(&[0])).0, None);
    }
}
