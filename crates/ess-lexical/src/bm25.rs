//! BM25 as an inner product.

use std::collections::HashMap;

use ess_core::{Error, QueryEncoder};
use ess_files::{Section, SectionFile, Values};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    analyzer::TextAnalyzer, bm25_config::Bm25Config, counted_items::CountedItems, sparse_rows::SparseRows,
    sparse_vectors::SparseVectors, texts::Texts, vocabulary::Vocabulary,
};

/// Texts that one task encodes.
const CHUNK: usize = 256;

const TERM_ENDS: &str = "term_ends";
const TERM_TEXTS: &str = "term_texts";
const WEIGHTS: &str = "term_weights";

/// What a file says of an encoder beside its terms.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bm25About {
    config: Bm25Config,
    /// By which rules the terms are stemmed.
    rules: String,
    mean_length: f32,
}

/// The lexical encoder: a query becomes the counts of its terms, an item BM25's weights of its own, and their inner
/// product is the BM25 score.
///
/// Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with Lucene's weight
/// `ln(1 + (N - n + ½) / (n + ½))` for a term in `n` of `N` items. The dimension is the number of distinct terms of
/// the items that it was fitted to; terms that none of them has carry no weight.
///
/// ```
/// use ess_core::{QueryEncoder, Searcher};
/// use ess_lexical::{Bm25Config, Bm25Encoder, SparseIndex};
///
/// let items = ["The cat sat on the mat.", "Cats and dogs run.", "Stocks fell."];
/// let (encoder, encoded) = Bm25Encoder::fit_and_encode(&items, Bm25Config::default())?;
/// let index = SparseIndex::new(&encoded);
/// let hits = index.search(&encoder.encode_queries(&["running dog"])?, 1)?;
/// assert_eq!(hits[0][0].item, 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
pub struct Bm25Encoder {
    config: Bm25Config,
    analyzer: TextAnalyzer,
    vocabulary: Vocabulary,
    // For each term: how much an occurrence says.
    term_weights: Values<f32>,
    mean_length: f32,
}

impl Bm25Encoder {
    /// Counts the terms of a collection of items.
    ///
    /// The encoder keeps the stem of every word of theirs, so that no word of the collection is stemmed again.
    ///
    /// # Errors
    /// [`Error::Empty`] for no item, or items without any term; [`Error::InvalidParameter`] for a `k1` or `b` outside
    /// its range.
    pub fn fit(items: &[&str], config: Bm25Config) -> Result<Self, Error> {
        Ok(Self::fit_to_counts(items, config)?.0)
    }

    /// [`Bm25Encoder::fit`], and the weights of the same items as [`Bm25Encoder::encode_items`] gives them: in one pass over
    /// the texts instead of two.
    ///
    /// ```
    /// use ess_lexical::{Bm25Config, Bm25Encoder};
    ///
    /// let items = ["The cat sat on the mat.", "Cats and dogs run."];
    /// let (encoder, encoded) = Bm25Encoder::fit_and_encode(&items, Bm25Config::default())?;
    /// assert_eq!(encoded, encoder.encode_items(&items)?);
    /// # Ok::<(), ess_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Bm25Encoder::fit`].
    pub fn fit_and_encode(items: &[&str], config: Bm25Config) -> Result<(Self, SparseVectors), Error> {
        let (encoder, counted) = Self::fit_to_counts(items, config)?;
        let rows = counted.rows(|length, term, count| encoder.weight(length, term, count));
        let encoded = SparseVectors::from_rows(encoder.term_weights.len(), rows)?;
        Ok((encoder, encoded))
    }

    fn fit_to_counts(items: &[&str], config: Bm25Config) -> Result<(Self, CountedItems), Error> {
        config.check()?;
        let analyzer = TextAnalyzer::new(config.language);
        let mut counted = CountedItems::new(&analyzer, items);
        if counted.items_with.is_empty() {
            return Err(Error::Empty { what: "terms of the items that BM25 is fitted to" });
        }
        let weight = |&with: &u32| {
            let with = with as f32;
            (1.0 + (items.len() as f32 - with + 0.5) / (with + 0.5)).ln()
        };
        let encoder = Self {
            config,
            analyzer,
            term_weights: counted.items_with.iter().map(weight).collect::<Vec<_>>().into(),
            mean_length: (counted.tokens() as f64 / items.len() as f64) as f32,
            vocabulary: std::mem::take(&mut counted.vocabulary),
        };
        Ok((encoder, counted))
    }

    /// The weights of `n` items: rows of sparse vectors.
    ///
    /// # Errors
    /// [`Error::Empty`] for no item.
    pub fn encode_items(&self, items: &[&str]) -> Result<SparseVectors, Error> {
        self.encode(items, |length, term, count| self.weight(length, term, count))
    }

    /// How much an occurrence of each term says: `ln(1 + (N - n + ½) / (n + ½))`, one number a dimension.
    pub fn term_weights(&self) -> &[f32] {
        &self.term_weights
    }

    /// What is not numbers, for a file.
    pub(super) fn about(&self) -> Bm25About {
        let rules = TextAnalyzer::RULES.to_owned();
        Bm25About { config: self.config, rules, mean_length: self.mean_length }
    }

    /// Terms and their weights, for a file.
    pub(super) fn sections(&self) -> Vec<Section<'_>> {
        let weights = Section::new(WEIGHTS, &[&self.term_weights[..]]);
        self.vocabulary.terms().sections(TERM_ENDS, TERM_TEXTS).into_iter().chain([weights]).collect()
    }

    /// The encoder of `dim` terms that [`Self::about`] and [`Self::sections`] were of. `all` looks at every term.
    pub(super) fn from_file(
        about: Bm25About,
        dim: usize,
        file: &SectionFile,
        all: bool,
    ) -> Result<Self, ess_files::Error> {
        let Bm25About { config, rules, mean_length } = about;
        if rules != TextAnalyzer::RULES {
            return Err(file.mismatch(format!("stems by {}", TextAnalyzer::RULES), rules));
        }
        config.check().map_err(|error| file.mismatch("settings of BM25", error.to_string()))?;
        if !(mean_length.is_finite() && mean_length > 0.0) {
            return Err(file.mismatch("a mean length above 0", mean_length.to_string()));
        }
        let terms = Texts::from_file(file, TERM_ENDS, TERM_TEXTS, dim)?;
        let term_weights: Values<f32> = file.values(WEIGHTS, Some(dim))?;
        if all && !(terms.ascend() && term_weights.iter().all(|weight| weight.is_finite())) {
            return Err(file.mismatch("terms in their order with finite weights", "others"));
        }
        let analyzer = TextAnalyzer::new(config.language);
        let vocabulary = Vocabulary::new(terms, HashMap::default());
        Ok(Self { config, analyzer, vocabulary, term_weights, mean_length })
    }

    /// BM25's weight of a term that an item of `length` terms has `count` times.
    fn weight(&self, length: u32, term: u32, count: u32) -> f32 {
        let Bm25Config { k1, b, .. } = self.config;
        let saturation = k1 * (1.0 - b + b * length as f32 / self.mean_length);
        let count = count as f32;
        self.term_weights[term as usize] * count * (k1 + 1.0) / (count + saturation)
    }

    /// Rows of what `value` makes of a text's length in terms, a term that it has, and how often it has it.
    fn encode(
        &self,
        texts: &[&str],
        value: impl Fn(u32, u32, u32) -> f32 + Sync,
    ) -> Result<SparseVectors, Error> {
        let chunks = texts.par_chunks(CHUNK).map(|chunk| {
            let (mut rows, mut scratch, mut terms) = (SparseRows::default(), String::new(), Vec::new());
            for text in chunk {
                let mut length = 0;
                terms.clear();
                self.vocabulary.look_up(&self.analyzer, text, &mut scratch, |term| {
                    length += 1;
                    terms.extend(term);
                });
                terms.sort_unstable();
                let counts = terms.chunk_by(u32::eq).map(|times| (times[0], times.len() as u32));
                rows.push(counts.map(|(term, count)| (term, value(length, term, count))));
            }
            rows
        });
        SparseVectors::from_rows(self.term_weights.len(), chunks.collect())
    }
}

impl QueryEncoder for Bm25Encoder {
    type Query = str;
    type Encoding = SparseVectors;

    fn dim(&self) -> usize {
        self.term_weights.len()
    }

    fn encode_queries(&self, queries: &[&str]) -> Result<SparseVectors, Error> {
        self.encode(queries, |_, _, count| count as f32)
    }
}

#[cfg(test)]
mod tests {
    use ess_core::Encoding;

    use super::*;

    const ITEMS: [&str; 3] = ["apple apple pear", "pear plum", "fig"];

    #[test]
    fn the_inner_product_is_the_formula_by_hand() {
        let encoder = Bm25Encoder::fit(&ITEMS, Bm25Config::default()).unwrap();
        let queries = encoder.encode_queries(&["apples apple melon"]).unwrap();
        let found = queries.inner_products(&encoder.encode_items(&ITEMS).unwrap()).unwrap();
        // "apple" is in 1 of 3 items; the first has it twice, in 3 words where the mean is 2; the query has it twice.
        let idf = (1.0_f32 + 2.5 / 1.5).ln();
        let expected = 2.0 * idf * 2.0 * 2.2 / (2.0 + 1.2 * (0.25 + 0.75 * 3.0 / 2.0));
        assert!((found[[0, 0]] - expected).abs() < 1e-5, "{found} {expected}");
        assert_eq!((found[[0, 1]], found[[0, 2]]), (0.0, 0.0));
    }

    #[test]
    fn a_query_without_known_terms_has_an_empty_row() {
        let encoder = Bm25Encoder::fit(&ITEMS, Bm25Config::default()).unwrap();
        let queries = encoder.encode_queries(&["", "melon", "fig"]).unwrap();
        assert_eq!(
            (queries.rows(), queries.row(0).len(), queries.row(1).len(), queries.row(2).len()),
            (3, 0, 0, 1)
        );
    }

    #[test]
    fn impossible_parameters_and_empty_collections_are_refused() {
        for (k1, b) in [(-1.0, 0.5), (f32::NAN, 0.5), (1.0, 1.5), (1.0, f32::NAN)] {
            let config = Bm25Config { k1, b, ..Bm25Config::default() };
            assert!(matches!(Bm25Encoder::fit(&ITEMS, config), Err(Error::InvalidParameter { .. })));
        }
        for items in [&[][..], &["", "the"]] {
            assert!(matches!(Bm25Encoder::fit(items, Bm25Config::default()), Err(Error::Empty { .. })));
        }
        let encoder = Bm25Encoder::fit(&ITEMS, Bm25Config::default()).unwrap();
        assert!(matches!(encoder.encode_items(&[]), Err(Error::Empty { .. })));
        assert!(matches!(encoder.encode_queries(&[]), Err(Error::Empty { .. })));
    }
}
