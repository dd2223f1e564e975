//! Which queries files of judgements know, and that those of the test are learnt from by none.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use ess_data::read_qrels;
use ess_metrics::Qrels;

/// How many queries a message names.
const NAMED: usize = 3;

/// The files of judgements that a BEIR folder has, in the order of their names: all in its folder `qrels` but hidden ones.
///
/// # Errors
/// When that folder cannot be read, and for what is in it and no file, such as a folder: the judgements there might be those of a
/// test.
pub(super) fn files_of(beir: &Path) -> Result<Vec<PathBuf>> {
    let folder = beir.join("qrels");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let about = || folder.display().to_string();
    let entries = folder.read_dir().with_context(about)?;
    let mut paths =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>().with_context(about)?;
    let is_hidden =
        |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    paths.retain(|path| !is_hidden(path));
    paths.sort();
    for path in &paths {
        let found = match path.is_dir() {
            true => format!("a folder; move its files into {}, or the folder elsewhere", folder.display()),
            false => "neither a file nor a folder".to_owned(),
        };
        ensure!(path.is_file(), "{}: expected a file of judgements, found {found}", path.display());
    }
    Ok(paths)
}

/// The queries that any of these files judges, in whichever format.
///
/// # Errors
/// For a file that has no judgements, by its name: one that is ignored might be that of a test.
pub(super) fn queries_of(files: impl IntoIterator<Item = PathBuf>) -> Result<HashSet<String>> {
    let mut judged = HashSet::new();
    for file in files {
        let about =
            || format!("{}: files of judgements are read, for their queries have some", file.display());
        let qrels = read_qrels(&file).with_context(about)?;
        judged.extend(qrels.queries().map(str::to_owned));
    }
    Ok(judged)
}

/// Refuses queries of the test that are learnt from, or that dev chooses on.
///
/// # Errors
/// Naming the first of them.
pub(super) fn check_apart(learnt: [&Qrels; 2], test: &Qrels, path: &Path) -> Result<()> {
    let shared: Vec<&str> =
        test.queries().filter(|query| learnt.iter().any(|qrels| qrels.get(query).is_some())).collect();
    if shared.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = shared.iter().take(NAMED).map(|name| format!("{name:?}")).collect();
    let more = if shared.len() > NAMED { ", …" } else { "" };
    bail!(
        "--test {}: {} of its queries are those of --train or --dev: {}{more}",
        path.display(),
        shared.len(),
        names.join(", ")
    )
}
