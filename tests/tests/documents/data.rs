//! Files of `data` that pages and the program's own examples name.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use super::{documents, root};

/// The paths into `data` that a text names, without a full stop behind them.
fn paths_into_data(text: &str) -> BTreeSet<&str> {
    let is_of_a_path = |c: char| c.is_ascii_alphanumeric() || "_./-".contains(c);
    let words = text.split(|c| !is_of_a_path(c)).map(|word| word.trim_end_matches('.'));
    words.filter(|word| word.starts_with("data/scifact") || word.starts_with("data/umls")).collect()
}

/// Every file of Rust under a folder.
fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[test]
fn every_file_of_data_that_pages_and_examples_name_is_there() {
    let mut files = documents().unwrap();
    files.extend(sources(&root().join("crates/ess-cli/src")).unwrap());
    let (mut named, mut missing) = (0, Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for path in paths_into_data(&text) {
            named += 1;
            if !root().join(path).exists() {
                missing.push(format!("{}: {path}", file.display()));
            }
        }
    }
    assert!(named > 50, "only {named} paths were found");
    assert!(missing.is_empty(), "files of data that are not there:\n{}", missing.join("\n"));
}
