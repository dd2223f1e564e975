//! A store and the report of it, both or neither.

use std::{io, path::Path};

use anyhow::Result;
use ess_data::Error;
use ess_files::SetAside;

use crate::output::{json::is_standard_output, options::Output};

/// The file that the report is written to together with the store; none where it goes elsewhere or is not asked for.
pub(super) fn report_file(output: &Output) -> Result<Option<&Path>> {
    let file = output.json.as_deref().filter(|path| !is_standard_output(path));
    match file.filter(|path| path.is_dir()) {
        None => Ok(file),
        Some(folder) => {
            let cause = io::Error::other("a folder stands where the report would");
            Err(Error::Io { path: folder.to_owned(), cause }.into())
        }
    }
}

/// Writes a store and a report of it, both or neither: the report's bytes are written when all numbers of the store are,
/// and before the store has its name; then the report has its own. An earlier report is gone before the store is replaced:
/// whenever the program is killed, a report that is there is that of the store that is there.
pub(super) fn write_with_report(
    path: &Path,
    write_store: impl FnOnce(&mut dyn FnMut() -> Result<(), Error>) -> Result<(), Error>,
    mut report: impl FnMut() -> io::Result<String>,
) -> Result<(), Error> {
    let written = ess_files::write_atomically(path, |file| {
        let mut earlier = None;
        let mut write_report = || {
            let written = report().and_then(|text| writeln!(file, "{text}")).and_then(|()| file.flush());
            written.map_err(|cause| Error::Io { path: path.to_owned(), cause })?;
            earlier = Some(SetAside::take(path)?);
            Ok(())
        };
        write_store(&mut write_report).map_err(io::Error::other)?;
        earlier.into_iter().for_each(SetAside::forget);
        Ok(())
    });
    written.map_err(|error| match error {
        // What went wrong with the store comes out as it went in.
        ess_files::Error::Io { path, cause } => {
            cause.downcast::<Error>().unwrap_or_else(|cause| Error::Io { path, cause })
        }
        other => other.into(),
    })
}
