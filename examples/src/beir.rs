//! The texts of a BEIR folder.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use ess_core::Ids;
use ess_data::{Item, Query, Record, RecordReader};
use serde::de::DeserializeOwned;

/// The texts of items and queries, by id: `corpus.jsonl` and `queries.jsonl` of a folder, plain or `.gz`.
pub struct BeirTexts {
    folder: PathBuf,
    items: HashMap<String, String>,
    queries: HashMap<String, String>,
}

impl BeirTexts {
    /// Reads a folder. An item's text is its title and its text.
    ///
    /// # Errors
    /// When a file is missing or a line is no record.
    pub fn read(folder: &Path) -> Result<Self> {
        let items =
            read::<Item>(&find(folder, "corpus.jsonl")?, |item| (item.id.clone(), item.title_and_text()))?;
        let queries = read::<Query>(&find(folder, "queries.jsonl")?, |query| (query.id, query.text))?;
        Ok(Self { folder: folder.to_owned(), items, queries })
    }

    /// The items' texts in the order of the ids.
    ///
    /// # Errors
    /// For an id without a text.
    pub fn items(&self, ids: &Ids) -> Result<Vec<&str>> {
        let ids = (0..ids.len()).filter_map(|row| ids.get(row));
        ids.map(|id| self.look_up(&self.items, "item", id)).collect()
    }

    /// The queries' texts in the order of the ids.
    ///
    /// # Errors
    /// For an id without a text.
    pub fn queries<'t>(&'t self, ids: &[String]) -> Result<Vec<&'t str>> {
        ids.iter().map(|id| self.look_up(&self.queries, "query", id)).collect()
    }

    fn look_up<'t>(&'t self, texts: &'t HashMap<String, String>, what: &str, id: &str) -> Result<&'t str> {
        let text = texts.get(id).map(String::as_str);
        text.with_context(|| format!("{}: {what} {id:?} has an embedding and no text", self.folder.display()))
    }
}

fn find(folder: &Path, name: &str) -> Result<PathBuf> {
    let (plain, compressed) = (folder.join(name), folder.join(format!("{name}.gz")));
    match (plain.exists(), compressed.exists()) {
        (true, _) => Ok(plain),
        (_, true) => Ok(compressed),
        _ => bail!("{}: neither {name} nor {name}.gz is there", folder.display()),
    }
}

fn read<T: Record + DeserializeOwned>(
    path: &Path,
    text: impl Fn(T) -> (String, String),
) -> Result<HashMap<String, String>> {
    RecordReader::<T>::open(path)?.map(|record| Ok(text(record?))).collect()
}
