//! What a choice is made from: checked and encoded.

use std::sync::Arc;

use ess_core::{QueryEncoder, TokenStates};

use crate::{
    error::Error,
    input::{
        batch::{Batch, QueryWords},
        collection::Collection,
        query_tokens::QueryTokens,
        training_queries::TrainingQueries,
    },
};

/// Refuses queries of another space than the items', and judgements of items that there are not.
pub(crate) fn check(collection: &Collection, queries: &TrainingQueries) -> Result<(), Error> {
    let (queries_dim, items_dim) = (queries.set().encodings().dim(), collection.items().dim());
    if queries_dim != items_dim {
        return Err(Error::DifferentSpaces { queries: queries_dim, items: items_dim });
    }
    let len = collection.len();
    let unknown = queries.set().judgements().iter().flatten().find(|judgement| judgement.item >= len);
    match unknown {
        Some(judgement) => {
            let (what, row) = ("judged items", judgement.item);
            Err(ess_core::Error::RowOutOfRange { what, row, len }.into())
        }
        None => Ok(()),
    }
}

/// The queries with all that the collection can be searched by.
pub(crate) fn batch(collection: &Collection, queries: &TrainingQueries) -> Result<Batch, Error> {
    let dense = queries.set().encodings().clone();
    let words = match (&collection.words, queries.texts()) {
        (Some(words), Some(texts)) => {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let counts = words.encoder.encode_queries(&texts)?;
            Some(QueryWords::new(counts, words.encoder.term_weights())?)
        }
        _ => None,
    };
    let tokens = queries.tokens().map(|queries| tokens(collection, queries, "token states of queries"));
    Ok(Batch { dense, words, tokens: tokens.transpose()?, found: None })
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
