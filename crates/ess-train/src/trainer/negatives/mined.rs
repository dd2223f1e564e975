//! Negatives of queries whose vectors are given.

use super::{
    config::NegativesConfig,
    mapped::MappedQueries,
    mining::{MinedQuery, mine},
    report::MiningReport,
};
use crate::{
    data::{items::Items, query_set::definition::QuerySet},
    error::Error,
};

/// Mines negatives of queries by their own vectors in the index of the items: rows of items for each query, most similar first
/// unless they are drawn. The same seed gives the same negatives. A [`Trainer`](crate::Trainer) mines by itself; this is for
/// training of another kind, such as of the encoder that the vectors are of.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::Embeddings;
/// use ess_train::{Items, Judgement, NegativesConfig, QuerySet, mine_negatives};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0], [0.9, 0.1]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// let queries = QuerySet::new(Embeddings::from_rows(&[[0.9, 0.2]])?, vec![vec![Judgement { item: 0, grade: 1 }]])?;
/// let config = NegativesConfig { per_query: 1, ..NegativesConfig::default() };
/// let (negatives, report) = mine_negatives(&config, &queries, &items, 0)?;
/// assert_eq!((negatives, report.relevant), (vec![vec![2]], 1));
/// # Ok::<(), ess_train::Error>(())
/// ```
///
/// # Errors
/// [`Error::Config`] for settings outside their range, [`Error::UnknownItem`] for a judgement of an item that does not exist,
/// [`Error::Core`] where queries and items are of other dimensions.
pub fn mine_negatives(
    config: &NegativesConfig,
    queries: &QuerySet,
    items: &Items<'_>,
    seed: u64,
) -> Result<(Vec<Vec<usize>>, MiningReport), Error> {
    config.check()?;
    queries.check_items(items.embeddings().len())?;
    let known = |query: usize| MinedQuery {
        judgements: &queries.judgements()[query],
        teacher: queries.teacher().get(query).map(Vec::as_slice).unwrap_or_default(),
        left_out: queries.left_out().get(query).copied().flatten(),
    };
    let known: Vec<_> = (0..queries.len()).map(known).collect();
    let mapped = MappedQueries {
        rows: queries.encodings(),
        items: items.embeddings(),
        index: items.index()?,
        scoring: None,
    };
    mine(config, &mapped, &known, (seed, 1))
}
