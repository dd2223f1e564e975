//! What a choice is made from: checked and encoded.

use std::sync::Arc;

use ess_core::{QueryEncoder, TokenStates};

use super::{
    batch::{Batch, LexicalQueries},
    collection::Collection,
    encoding_kind::EncodingKind,
    further_queries::{Further, FurtherQueries},
    query_tokens::QueryTokens,
    training_queries::TrainingQueries,
};
use crate::error::Error;

/// Refuses queries of another space than the items', and rows of items that there are not.
pub(crate) fn check(collection: &Collection, queries: &TrainingQueries) -> Result<(), Error> {
    let (queries_dim, items_dim) = (queries.set().encodings().dim(), collection.items().dim());
    if queries_dim != items_dim {
        return Err(Error::DifferentSpaces { queries: queries_dim, items: items_dim });
    }
    let len = collection.len();
    let judged = queries.set().judgements().iter().flatten().map(|judgement| judgement.item);
    check_rows("judged items", judged, len)?;
    check_left_out(queries.set().left_out(), len)?;
    check_further(collection, &queries.further, "the queries")
}

/// Refuses queries of another kind or dimension than the items by the same further encoder, and scores of items that there are
/// not.
pub(crate) fn check_further(
    collection: &Collection,
    queries: &Further,
    what: &'static str,
) -> Result<(), Error> {
    for (name, queries) in queries {
        if let FurtherQueries::Scores(scores) = queries {
            check_rows("items that are scored", scores.items(), collection.len())?;
        }
        let Some(items) = collection.further.get(name) else { continue };
        check_kind(name, what, items.kind(), queries.kind())?;
    }
    Ok(())
}

/// Refuses what is of another kind or dimension than was expected of a further encoder.
pub(crate) fn check_kind(
    name: &str,
    what: &'static str,
    expected: EncodingKind,
    found: EncodingKind,
) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    let (name, expected, found) = (name.to_owned(), expected.to_string(), found.to_string());
    Err(Error::OtherEncoding { name, what, expected, found })
}

/// Refuses items left out of rankings that there are not.
pub(crate) fn check_left_out(items: &[Option<usize>], len: usize) -> Result<(), ess_core::Error> {
    check_rows("items left out of rankings", items.iter().flatten().copied(), len)
}

fn check_rows(
    what: &'static str,
    mut rows: impl Iterator<Item = usize>,
    len: usize,
) -> Result<(), ess_core::Error> {
    match rows.find(|row| *row >= len) {
        Some(row) => Err(ess_core::Error::RowOutOfRange { what, row, len }),
        None => Ok(()),
    }
}

/// The queries with all that the collection can be searched by.
pub(crate) fn batch(collection: &Collection, queries: &TrainingQueries) -> Result<Batch, Error> {
    let dense = queries.set().encodings().clone();
    let lexical = match (&collection.lexical, queries.texts()) {
        (Some(lexical), Some(texts)) => {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let counts = lexical.encoder.encode_queries(&texts)?;
            Some(LexicalQueries::new(counts, lexical.encoder.term_weights())?)
        }
        _ => None,
    };
    let tokens = queries.tokens().map(|queries| tokens(collection, queries, "token states of queries"));
    let further = queries.further.clone();
    let batch = Batch { lexical, tokens: tokens.transpose()?, further, ..Batch::of(dense) };
    Ok(batch.leaving_out(queries.set().left_out()))
}

/// The queries by tokens, which are of the items' where these have some.
pub(crate) fn tokens(
    collection: &Collection,
    queries: &TokenStates,
    what: &'static str,
) -> Result<Vec<Arc<QueryTokens>>, ess_core::Error> {
    if let Some(items) = &collection.tokens {
        ess_core::Error::check_dim(what, items.dim(), queries.token_dim())?;
    }
    Ok(QueryTokens::of(queries))
}
