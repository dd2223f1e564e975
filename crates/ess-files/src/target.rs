//! What stands where a file is to be written.

use std::{
    fs::Metadata,
    io,
    path::{Path, PathBuf},
};

/// The maximum number of links that are followed, as on Linux.
const MAX_LINKS: usize = 40;

/// Where the bytes of a file go.
pub(crate) enum Target {
    /// To a regular file that is replaced, or made; links are followed.
    Replaced {
        /// The file that links lead to.
        path: PathBuf,
        /// What is there.
        old: Option<Metadata>,
    },
    /// Into what cannot be replaced: a device, a pipe, an open file of a process.
    Through,
}

impl Target {
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let old = match std::fs::metadata(path) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if old.as_ref().is_some_and(Metadata::is_dir) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let (end, open_file) = follow(path)?;
        if old.as_ref().is_some_and(|old| open_file || !old.is_file()) {
            return Ok(Self::Through);
        }
        Ok(Self::Replaced { path: end, old })
    }
}

/// Where links lead, and whether through an open file of a process, whose name says nothing about where it is.
fn follow(path: &Path) -> io::Result<(PathBuf, bool)> {
    let mut at = path.to_owned();
    for _ in 0..MAX_LINKS {
        if at.starts_with("/proc/") || at.starts_with("/dev/fd/") {
            return Ok((at, true));
        }
        match std::fs::read_link(&at) {
            Ok(next) => at = at.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok((at, false)),
        }
    }
    Err(io::Error::other("too many links"))
}
