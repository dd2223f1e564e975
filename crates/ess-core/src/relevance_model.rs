//! Eq. 3 as one struct.

use ndarray::Array2;

use crate::{
    encoder::{ItemEncoder, QueryEncoder},
    error::Error,
    hit::Hit,
    link::Link,
    search_module::definition::SearchModule,
    similarity::Similarity,
    top_k::TopK,
};

/// `P(rel = 1 | q, d) = s( ⟨ f_search( enc1'(q) ), enc2(d) ⟩ )`: Eq. 3, one field a term, in its order.
///
/// It encodes its items at every call: the definition, for checking and for small sets. For many items, encode
/// once, index, and search with a [`Retriever`](crate::Retriever).
///
/// ```
/// use ess_core::{EncoderFn, InnerProduct, MatrixModule, RelevanceModel, Sigmoid};
/// use ndarray::array;
///
/// // Two generic encoders that count vowels and consonants, and a task that looks for consonants.
/// let letters = |text: &str| {
///     let vowels = text.chars().filter(|c| "aeiou".contains(*c)).count() as f32;
///     vec![vowels, text.len() as f32 - vowels]
/// };
/// let model = RelevanceModel {
///     link: Sigmoid::new(1.0, -4.0)?,
///     similarity: InnerProduct,
///     search_module: MatrixModule::new(array![[0.0, 0.0], [0.0, 1.0]])?,
///     query_encoder: EncoderFn::new(2, letters),
///     item_encoder: EncoderFn::new(2, letters),
/// };
/// assert_eq!(model.rank("tt", &["aeiou", "rhythm", "hat"], 2)?[0].item, 1);
/// assert_eq!(model.relevance("tt", "hat")?, 0.5);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RelevanceModel<L, S, M, Q, D> {
    /// s: from similarity to probability.
    pub link: L,
    /// ⟨·,·⟩: the similarity of a query and an item.
    pub similarity: S,
    /// f_search: the searching module, trained for the task.
    pub search_module: M,
    /// enc1': the generic query encoder.
    pub query_encoder: Q,
    /// enc2: the generic item encoder.
    pub item_encoder: D,
}

impl<L, S, M, Q, D> RelevanceModel<L, S, M, Q, D>
where
    L: Link,
    S: Similarity,
    M: SearchModule<Q::Encoding>,
    Q: QueryEncoder,
    D: ItemEncoder,
{
    /// P(rel = 1 | q, d).
    ///
    /// # Errors
    /// Those of the five terms.
    pub fn relevance(&self, query: &Q::Query, item: &D::Item) -> Result<f32, Error> {
        Ok(self.link.probability(self.similarities(query, &[item])?[[0, 0]]))
    }

    /// The `k` most relevant of the items (all, where there are fewer), most relevant first, ties in item order.
    ///
    /// # Errors
    /// [`Error::KOutOfRange`] for `k = 0`, and those of the terms.
    pub fn rank(&self, query: &Q::Query, items: &[&D::Item], k: usize) -> Result<Vec<Hit>, Error> {
        Error::check_k(k, items.len())?;
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let mut best = TopK::new(k);
        for (item, &similarity) in self.similarities(query, items)?.iter().enumerate() {
            best.push(Hit::new(item, similarity));
        }
        Ok(best.into_sorted())
    }

    fn similarities(&self, query: &Q::Query, items: &[&D::Item]) -> Result<Array2<f32>, Error> {
        let encoding = self.query_encoder.encode_queries(&[query])?;
        let query = self.search_module.apply(&encoding)?;
        self.similarity.similarities(&query, &self.item_encoder.encode_items(items)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        encoder::EncoderFn,
        link::Sigmoid,
        search_module::Identity,
        similarity::{Cosine, InnerProduct},
    };

    fn numbers(text: &str) -> Vec<f32> {
        text.split(' ').map(|x| x.parse().unwrap_or(f32::NAN)).collect()
    }

    #[test]
    fn relevance_is_the_link_of_the_similarity() {
        let model = RelevanceModel {
            link: Sigmoid::default(),
            similarity: Cosine,
            search_module: Identity::new(2),
            query_encoder: EncoderFn::new(2, numbers),
            item_encoder: EncoderFn::new(2, numbers),
        };
        let relevance = model.relevance("2 0", "5 0").unwrap();
        assert!((relevance - 1.0 / (1.0 + (-1.0_f32).exp())).abs() < 1e-7);
        let hits = model.rank("1 0", &["0 1", "9 1", "1 1", "9 1"], 4).unwrap();
        assert_eq!(hits.iter().map(|hit| hit.item).collect::<Vec<_>>(), [1, 3, 2, 0]);
        assert_eq!(model.rank("1 0", &["0 1", "9 1", "1 1", "9 1"], usize::MAX).unwrap(), hits);
        assert_eq!(model.rank("1 0", &[], 1).unwrap(), []);
    }

    #[test]
    fn queries_and_items_of_other_spaces_are_refused() {
        let model = RelevanceModel {
            link: Sigmoid::default(),
            similarity: InnerProduct,
            search_module: Identity::new(2),
            query_encoder: EncoderFn::new(2, numbers),
            item_encoder: EncoderFn::new(3, numbers),
        };
        assert!(matches!(model.relevance("1 0", "1 2 3"), Err(Error::DimensionMismatch { .. })));
        assert!(matches!(model.rank("1 0", &["1 2 3"], 0), Err(Error::KOutOfRange { k: 0, len: 1 })));
        assert!(matches!(model.rank("1 x", &["1 2 3"], 1), Err(Error::NonFinite { .. })));
    }
}
