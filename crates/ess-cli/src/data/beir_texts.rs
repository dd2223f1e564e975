//! The texts of a BEIR folder.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use ess_core::Ids;
use ess_data::{Item, Query, Record, RecordReader};
use serde::de::DeserializeOwned;

use super::beir_file::beir_file;

/// The texts of items and queries, by id: `corpus.jsonl` and `queries.jsonl` of a folder, plain, compressed or as Parquet.
pub(crate) struct BeirTexts {
    folder: PathBuf,
    // Title and whole text.
    items: HashMap<String, (String, String)>,
    queries: HashMap<String, String>,
}

impl BeirTexts {
    /// Reads a folder. An item's text is its title and its text.
    ///
    /// # Errors
    /// When a file is missing or a line is no record.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let items = read(&beir_file(folder, "corpus.jsonl")?, |item: Item| {
            (item.id.clone(), (item.title.clone(), item.title_and_text()))
        })?;
        let queries = read(&beir_file(folder, "queries.jsonl")?, |query: Query| (query.id, query.text))?;
        Ok(Self { folder: folder.to_owned(), items, queries })
    }

    /// The items' texts in the order of the ids.
    ///
    /// # Errors
    /// For an id without a text.
    pub(crate) fn items(&self, ids: &Ids) -> Result<Vec<&str>> {
        self.of_items(ids, |(_, text)| text)
    }

    /// The items' titles in the order of the ids; empty for an item without one.
    ///
    /// # Errors
    /// For an id without a text.
    pub(crate) fn titles(&self, ids: &Ids) -> Result<Vec<&str>> {
        self.of_items(ids, |(title, _)| title)
    }

    fn of_items<'t>(
        &'t self,
        ids: &Ids,
        part: impl Fn(&'t (String, String)) -> &'t String,
    ) -> Result<Vec<&'t str>> {
        let item = |id| Ok(part(self.look_up(&self.items, "item", id)?).as_str());
        ids.as_slice().iter().map(|id| item(id)).collect()
    }

    /// The queries' texts in the order of the ids.
    ///
    /// # Errors
    /// For an id without a text.
    pub(crate) fn queries<'t>(&'t self, ids: &[String]) -> Result<Vec<&'t str>> {
        ids.iter().map(|id| Ok(self.look_up(&self.queries, "query", id)?.as_str())).collect()
    }

    fn look_up<'t, T>(&self, texts: &'t HashMap<String, T>, what: &str, id: &str) -> Result<&'t T> {
        texts.get(id).with_context(|| format!("{}: no text of {what} {id:?}", self.folder.display()))
    }
}

fn read<T: Record + DeserializeOwned, V>(
    path: &Path,
    text: impl Fn(T) -> (String, V),
) -> Result<HashMap<String, V>> {
    RecordReader::<T>::open(path)?.map(|record| Ok(text(record?))).collect()
}
