//! The mode and the owner of a file that replaces another.

use std::{
    fs::{File, Metadata},
    io,
};

/// As `File::create` would, less the umask.
pub(crate) const ANY_MODE: u32 = 0o666;

#[cfg(unix)]
pub(crate) fn mode_of(old: Option<&Metadata>) -> u32 {
    use std::os::unix::fs::MetadataExt;
    old.map_or(ANY_MODE, |old| old.mode() & 0o777)
}

#[cfg(not(unix))]
pub(crate) fn mode_of(_old: Option<&Metadata>) -> u32 {
    ANY_MODE
}

#[cfg(unix)]
pub(crate) fn keep_owner_and_mode(file: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        // The owner is for the system's administrator to give; the group for its members.
        let _ =
            fchown(file, Some(old.uid()), Some(old.gid())).or_else(|_| fchown(file, None, Some(old.gid())));
    }
    if new.mode() & 0o777 != old.mode() & 0o777 {
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(old.mode() & 0o777))?;
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn keep_owner_and_mode(file: &File, old: &Metadata) -> io::Result<()> {
    file.set_permissions(old.permissions())
}
