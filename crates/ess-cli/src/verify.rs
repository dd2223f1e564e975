//! `ess verify`: whether stored embeddings are whole.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use ess_data::EmbeddingStore;
use serde::Serialize;

use crate::{
    arguments::paths,
    data::{file_checksum::file_checksum, manifest::Manifest},
    output::options::Output,
};

const EXAMPLES: &str = "\
Examples:
  ess verify --embeddings my
  ess verify --embeddings my --quiet --json verified.json";

/// Read every store of a folder through: checksums, distinct ids, finite components; and compare files with manifest.json, where
/// `merge` wrote one.
///
/// It fails where anything is damaged, and says what. Shares that are gone after a merge are no damage, and are said.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The folder with the stores.
    #[arg(long, value_name = "DIR", value_parser = paths::SHARES.read())]
    embeddings: PathBuf,
}

#[derive(Serialize)]
struct Report {
    stores: Vec<Verified>,
    manifest: bool,
    /// Files that are damaged, missing or other than the manifest says, each once.
    damaged: Vec<String>,
    /// Shares of the manifest that are gone.
    missing_shares: Vec<String>,
}

#[derive(Serialize)]
struct Verified {
    file: String,
    rows: usize,
    dim: usize,
    dtype: String,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let folder = &arguments.embeddings;
    let (mut stores, mut damaged, mut missing_shares) = (Vec::new(), BTreeSet::new(), Vec::new());
    for path in store_files(folder)? {
        match verified(&path) {
            Ok(store) => {
                say!("{}: {} rows × {} in {}, whole", store.file, store.rows, store.dim, store.dtype);
                stores.push(store);
            }
            Err(error) => {
                damaged.insert(file_name(&path));
                note!("{error:#}");
            }
        }
    }
    let manifest = Manifest::read(folder)?;
    for (file, expected, is_share) in manifest.iter().flat_map(Manifest::checksums) {
        let path = folder.join(file);
        if is_share && !path.exists() {
            note!("note: {file}, a share that was merged, is gone");
            missing_shares.push(file.to_owned());
            continue;
        }
        let found = file_checksum(&path);
        if !found.as_ref().is_ok_and(|found| found == expected) {
            damaged.insert(file.to_owned());
            let found = found.unwrap_or_else(|error| format!("{error:#}"));
            note!("{file}: the manifest says {expected}, found {found}");
        }
    }
    let count = damaged.len();
    let damaged = damaged.into_iter().collect();
    output.write(&Report { stores, manifest: manifest.is_some(), damaged, missing_shares })?;
    ensure!(count == 0, "{}: {count} of its files are damaged or missing", folder.display());
    Ok(())
}

/// The stores of a folder, by name.
fn store_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.extension().is_some_and(|kind| kind == "safetensors") && !hidden {
            files.push(path);
        }
    }
    files.sort();
    ensure!(
        !files.is_empty(),
        "{}: expected stores such as corpus.safetensors, found none",
        folder.display()
    );
    Ok(files)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn verified(path: &Path) -> Result<Verified> {
    let store = EmbeddingStore::open(path)?;
    Ok(Verified {
        file: file_name(path),
        rows: store.ids().len(),
        dim: store.dim(),
        dtype: store.dtype().to_string(),
    })
}
