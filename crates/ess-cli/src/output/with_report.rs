//! What is saved in a folder and the report of it, so that no report speaks of another.

use std::io;

use anyhow::Result;
use ess_files::{FolderLock, SetAside, write_atomically};
use serde::Serialize;

/// Saves something in a folder, and beside it `training.json`, the report of how it came about. All of the report is on the disk
/// before anything is replaced, and an earlier one is out of the way: whenever the program is killed, a report that is there is
/// that of what is there.
///
/// What saves gets the earlier report: dropped, it comes back; forgotten, it is gone.
pub(crate) fn save_with_report(
    out: &mut FolderLock,
    report: &impl Serialize,
    save: impl FnOnce(&mut FolderLock, SetAside) -> Result<()>,
) -> Result<()> {
    let path = out.folder().join("training.json");
    let text = serde_json::to_string_pretty(report)?;
    let mut saved = Ok(());
    let written = write_atomically(&path, |file| {
        writeln!(file, "{text}").and_then(|()| file.flush())?;
        let earlier = SetAside::take(&path).map_err(io::Error::other)?;
        saved = save(out, earlier);
        match saved {
            Ok(()) => Ok(()),
            Err(_) => Err(io::Error::other("what it speaks of was not saved")),
        }
    });
    saved?;
    Ok(written?)
}
