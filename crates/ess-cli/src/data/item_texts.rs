//! The texts of a BEIR folder's items, by themselves.

use std::path::Path;

use anyhow::Result;
use ess_data::{Item, read_records};

use super::beir_file::beir_file;

/// Title and text of each item of a BEIR folder.
///
/// # Errors
/// When the file is missing or a line is no record.
pub(crate) fn item_texts(folder: &Path) -> Result<Vec<String>> {
    let items: Vec<Item> = read_records(beir_file(folder, "corpus.jsonl")?)?;
    Ok(items.iter().map(Item::title_and_text).collect())
}
