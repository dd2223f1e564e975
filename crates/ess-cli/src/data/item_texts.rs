//! The texts of a BEIR folder's items, by themselves.

use std::path::Path;

use anyhow::Result;
use ess_data::{Item, RecordReader, read_records};

use super::beir_file::beir_file;

/// Title and text of each item of a BEIR folder.
///
/// # Errors
/// When the file is missing or a line is no record.
pub(crate) fn item_texts(folder: &Path) -> Result<Vec<String>> {
    let items: Vec<Item> = read_records(beir_file(folder, "corpus.jsonl")?)?;
    Ok(items.iter().map(Item::title_and_text).collect())
}

/// Title and text of `most` items at most, evenly spread; others are read and not kept.
///
/// # Errors
/// As of [`item_texts`].
pub(crate) fn sampled_item_texts(folder: &Path, most: usize) -> Result<Vec<String>> {
    let file = beir_file(folder, "corpus.jsonl")?;
    let mut items = 0_usize;
    for item in RecordReader::<Item>::open(&file)? {
        item?;
        items += 1;
    }
    let step = items.div_ceil(most.max(1)).max(1);
    let mut texts = Vec::new();
    for (at, item) in RecordReader::<Item>::open(&file)?.enumerate() {
        let item = item?;
        if at % step == 0 {
            texts.push(item.title_and_text());
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_evenly_and_no_larger_than_asked() {
        let folder = tempfile::tempdir().unwrap();
        let line = |i: usize| format!("{{\"_id\": \"{i}\", \"title\": \"t\", \"text\": \"{i}\"}}\n");
        std::fs::write(folder.path().join("corpus.jsonl"), (0..10).map(line).collect::<String>()).unwrap();
        let all = item_texts(folder.path()).unwrap();
        for (most, step) in [(1, 10), (3, 4), (4, 3), (5, 2), (10, 1), (99, 1)] {
            let sample = sampled_item_texts(folder.path(), most).unwrap();
            assert!(sample.len() <= most);
            assert_eq!(sample, all.iter().step_by(step).cloned().collect::<Vec<_>>(), "{most}");
        }
    }
}
