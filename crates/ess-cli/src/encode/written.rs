//! The files that a run writes.

use std::path::PathBuf;

use anyhow::Result;

use crate::output::{files::OutputLocks, options::Output};

use super::arguments::Arguments;

/// Where they will be.
pub(super) fn written_files(arguments: &Arguments) -> Vec<PathBuf> {
    let of_texts = arguments.images.is_none();
    let written =
        [("corpus", !arguments.queries_only), ("passages", arguments.passages), ("queries", of_texts)];
    let written = written.into_iter().filter(|(_, written)| *written);
    written.map(|(name, _)| arguments.file(name)).collect()
}

/// Keeps others off them; other shards may be at work beside them.
pub(super) fn locks(arguments: &Arguments, output: &Output) -> Result<OutputLocks> {
    let files = written_files(arguments);
    output.lock_files(&files.iter().map(|file| ("--out", &**file)).collect::<Vec<_>>())
}
