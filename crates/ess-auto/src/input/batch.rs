//! Encoded queries as the passes read them.

use std::sync::Arc;

use ess_core::{Embeddings, Encoding, Error};
use ess_lexical::SparseVectors;

use super::{
    further_queries::{self, Further},
    query_tokens::QueryTokens,
    variant::Variant,
};

/// Queries as embeddings and, where these are searched, as lexical encodings and token states.
#[derive(Clone)]
pub(crate) struct Batch {
    pub(crate) dense: Embeddings,
    pub(crate) lexical: Option<LexicalQueries>,
    pub(crate) tokens: Option<Vec<Arc<QueryTokens>>>,
    /// By each further encoder.
    pub(crate) further: Further,
    /// What searches that need no training found for each, where they were made before.
    pub(crate) found: Option<Vec<Arc<Found>>>,
    /// Of each query the item that no ranking of it may have; `None` where no query has one.
    pub(crate) left_out: Option<Vec<Option<u32>>>,
}

/// The items that searches without training found for a query, the best first.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) embeddings: Vec<u32>,
    pub(crate) passages: Vec<u32>,
    pub(crate) lexical: Vec<u32>,
    /// By further encoders, with their names.
    pub(crate) further: Vec<(&'static str, Vec<u32>)>,
}

/// The lexical encodings of queries.
#[derive(Clone)]
pub(crate) struct LexicalQueries {
    /// Counts of terms, as BM25 takes them.
    pub(crate) counts: SparseVectors,
    /// The counts times the terms' weights, scaled to unit norm: their inner product is a cosine.
    pub(crate) unit: SparseVectors,
}

impl LexicalQueries {
    pub(crate) fn new(counts: SparseVectors, term_weights: &[f32]) -> Result<Self, Error> {
        let unit = |row: usize| {
            let weigh =
                |(component, count): (u32, f32)| (component, count * term_weights[component as usize]);
            let mut row: Vec<(u32, f32)> = counts.row(row).map(weigh).collect();
            let norm = row.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
            row.iter_mut().for_each(|(_, value)| *value /= norm.max(f32::MIN_POSITIVE));
            row
        };
        let unit = SparseVectors::new(counts.dim(), &(0..counts.rows()).map(unit).collect::<Vec<_>>())?;
        Ok(Self { counts, unit })
    }
}

impl Batch {
    /// Queries by embedding alone.
    pub(crate) fn of(dense: Embeddings) -> Self {
        Self { dense, lexical: None, tokens: None, further: Further::new(), found: None, left_out: None }
    }

    /// The same queries with the item that is left out of each one's rankings; no entries at all leave nothing out.
    pub(crate) fn leaving_out(self, items: &[Option<usize>]) -> Self {
        let given = items.iter().any(Option::is_some);
        let rows = given.then(|| items.iter().map(|item| item.map(|item| item as u32)).collect());
        Self { left_out: rows, ..self }
    }

    /// The same queries without what was found or compared for them before.
    pub(crate) fn fresh(self) -> Self {
        let tokens = self.tokens.as_ref().map(|all| all.iter().map(|tokens| tokens.fresh()).collect());
        Self { tokens, found: None, ..self }
    }

    /// The item that is left out of a query's rankings.
    pub(crate) fn left_out_of(&self, row: usize) -> Option<u32> {
        self.left_out.as_ref().and_then(|items| items[row])
    }

    /// How many items to search for, so that `depth` are there without the one that is left out.
    pub(crate) fn search_depth(&self, depth: usize) -> usize {
        depth + usize::from(self.left_out.is_some())
    }

    pub(crate) fn select(&self, rows: &[usize]) -> Result<Self, Error> {
        let lexical = self.lexical.as_ref().map(|lexical| {
            let (counts, unit) = (lexical.counts.select_rows(rows)?, lexical.unit.select_rows(rows)?);
            Ok::<_, Error>(LexicalQueries { counts, unit })
        });
        let tokens = self.tokens.as_ref().map(|tokens| rows.iter().map(|&row| tokens[row].clone()).collect());
        let found = self.found.as_ref().map(|found| rows.iter().map(|&row| found[row].clone()).collect());
        let left_out = self.left_out.as_ref().map(|items| rows.iter().map(|&row| items[row]).collect());
        let further = further_queries::select(&self.further, rows)?;
        Ok(Self {
            dense: self.dense.select(rows)?,
            lexical: lexical.transpose()?,
            tokens,
            further,
            found,
            left_out,
        })
    }

    /// The same queries with what a variant may look at.
    pub(crate) fn of_variant(&self, variant: Variant) -> Self {
        match variant {
            Variant::Dense => Self { lexical: None, ..self.clone() },
            Variant::Hybrid => self.clone(),
        }
    }
}
