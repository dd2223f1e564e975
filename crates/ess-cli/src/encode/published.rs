//! `--out URL`: the files that were made go to an object store, and are seen there together.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::Serialize;

use crate::arguments::url::is_url;

use super::arguments::Arguments;

/// What is where now, by the names of objects.
#[derive(Serialize)]
pub(super) struct Published {
    url: String,
    /// Which says what belongs together.
    manifest: String,
    sent: Vec<String>,
    /// They were there.
    kept: Vec<String>,
    /// They belong to the files before, and nothing needs them but who still reads those.
    superseded: Vec<String>,
}

/// Refuses, before the work, a URL that could not be read from or written to after it.
pub(super) fn check(arguments: &Arguments) -> Result<()> {
    ensure!(
        arguments.work.is_none() || is_url(&arguments.out),
        "--work: expected with a URL as --out alone, found with a folder"
    );
    #[cfg(not(feature = "object-store"))]
    for (flag, path) in [("--beir", arguments.beir.as_ref()), ("--out", Some(&arguments.out))] {
        if path.is_some_and(|path| is_url(path)) {
            return Err(crate::not_built::object_stores(flag));
        }
    }
    #[cfg(feature = "object-store")]
    if is_url(&arguments.out) {
        let folder = ess_data::ObjectFolder::open(&arguments.out.to_string_lossy())?;
        folder.check_writable()?;
        // Whether it can be reached, and what is there is ours.
        ess_data::ObjectSet::read(&folder, &arguments.shard.manifest())?;
    }
    Ok(())
}

/// Sends the files to the URL of `--out`, where it is one.
#[cfg(feature = "object-store")]
pub(super) fn publish(arguments: &Arguments, files: &[PathBuf]) -> Result<Option<Published>> {
    if !is_url(&arguments.out) {
        return Ok(None);
    }
    let folder = ess_data::ObjectFolder::open(&arguments.out.to_string_lossy())?;
    let manifest = arguments.shard.manifest();
    let published = ess_data::ObjectSet::publish(&folder, &manifest, files)?;
    let (sent, kept) = (published.sent.len(), published.kept.len());
    say!("{}: {sent} files sent, {kept} there already", folder.url());
    let url = folder.url().to_owned();
    Ok(Some(Published {
        url,
        manifest,
        sent: published.sent,
        kept: published.kept,
        superseded: published.superseded,
    }))
}

#[cfg(not(feature = "object-store"))]
pub(super) fn publish(_: &Arguments, _: &[PathBuf]) -> Result<Option<Published>> {
    Ok(None)
}
