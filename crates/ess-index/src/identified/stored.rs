//! Ids in the file of their index.

use ess_files::Section;
use std::collections::HashMap;

use super::{index::IdentifiedIndex, row_id::RowId, stored_vectors};
use crate::error::Error;
use crate::exact::index::FlatIndex;
use crate::file::{
    contents::Contents,
    stored::{Stored, persistent},
};
use crate::graph::index::GraphIndex;
use crate::ivf_pq::index::IvfPqIndex;

/// The kind is that of the index: it can be opened without its ids as well.
impl<I: Stored, Id: RowId> Stored for IdentifiedIndex<I, Id> {
    const KIND: &'static str = I::KIND;
    type About = I::About;

    fn about(&self) -> I::About {
        self.index.about()
    }

    fn sections(&self) -> Vec<Section<'_>> {
        let vectors = self.vectors.iter().map(stored_vectors::section);
        self.index.sections().into_iter().chain(Id::sections(&self.ids)).chain(vectors).collect()
    }

    fn has_row(&self, row: usize) -> bool {
        self.index.has_row(row)
    }

    fn from_contents(about: I::About, contents: &Contents) -> Result<Self, Error> {
        let index = I::from_contents(about, contents)?;
        let ids = Id::from_contents(Some(index.rows()), contents)?;
        let mut rows = HashMap::with_capacity(ids.len());
        for (row, id) in ids.iter().enumerate().filter(|(row, _)| index.has_row(*row)) {
            if rows.insert(id.clone(), row).is_some() {
                return Err(contents.mismatch("different ids", format!("{id:?} twice")));
            }
        }
        Ok(Self { index, ids, rows, vectors: stored_vectors::read(contents)? })
    }
}

persistent!(
    IdentifiedIndex<FlatIndex, u64>,
    IdentifiedIndex<FlatIndex, String>,
    IdentifiedIndex<GraphIndex, u64>,
    IdentifiedIndex<GraphIndex, String>,
    IdentifiedIndex<IvfPqIndex, u64>,
    IdentifiedIndex<IvfPqIndex, String>
);
