//! What a choice is made from: checked, encoded, and told from other inputs.

use ess_core::{Encoding, QueryEncoder};
use ess_files::Checksum;
use ess_lexical::SparseVectors;

use crate::{
    config::AutoConfig,
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
    let tokens = match (&collection.tokens, queries.tokens()) {
        (Some(items), Some(queries)) => {
            ess_core::Error::check_dim("token states of queries", items.dim(), queries.token_dim())?;
            Some(QueryTokens::of(queries))
        }
        _ => None,
    };
    Ok(Batch { dense, words, tokens, found: None })
}

/// A checksum of all that trials depend on; `train` is how many of the queries are not dev queries.
pub(crate) fn checksum(
    collection: &Collection,
    all: &TrainingQueries,
    train: usize,
    config: &AutoConfig,
) -> Checksum {
    let passages = collection.passages.as_ref();
    let words = collection.words.as_ref();
    let parts = [
        numbers(collection.items().as_slice()),
        numbers(all.set().encodings().as_slice()),
        format!("{:?} {train} {:?}", all.set().judgements(), all.texts()),
        format!("{:?}", passages.map(|of| (numbers(of.embeddings.as_slice()), of.index.passage_rows()))),
        format!("{:?}", words.map(|of| (numbers(of.encoder.term_weights()), sparse(&of.items)))),
        format!("{:?}", words.and_then(|of| of.titles.as_ref()).map(sparse)),
        format!("{:?}", collection.tokens.as_ref().map(|of| (of.dim(), of.starts(), numbers(of.states())))),
        format!("{:?}", all.tokens().map(|of| (of.starts(), numbers(of.packed())))),
        format!("{:?}", AutoConfig { budget_seconds: 1.0, ..config.clone() }),
    ];
    Checksum::of(parts.join("\n").as_bytes())
}

fn numbers<T: bytemuck::Pod>(values: &[T]) -> String {
    Checksum::of(bytemuck::cast_slice(values)).to_string()
}

fn sparse(vectors: &SparseVectors) -> String {
    let bytes = |row| {
        let entries = vectors.row(row).flat_map(|(place, value)| [place.to_le_bytes(), value.to_le_bytes()]);
        entries.flatten().collect::<Vec<u8>>()
    };
    let rows: Vec<Vec<u8>> = (0..vectors.rows()).map(bytes).collect();
    // Lengths first: the same entries in other rows are other vectors.
    let lengths: Vec<u64> = rows.iter().map(|row| row.len() as u64).collect();
    let parts = std::iter::once(bytemuck::cast_slice(&lengths)).chain(rows.iter().map(Vec::as_slice));
    Checksum::of_parts(parts).to_string()
}
