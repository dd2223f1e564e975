//! The names of the files that this crate puts beside those that it writes.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use crate::checksum::Checksum;

const PREFIX: &str = ".ess-";
const PARTIAL: &str = ".partial";
// As long as what earlier versions made names unique with.
const SET_ASIDE: &str = "-before.partial";
const LOCK: &str = ".lock";
/// What a folder's writer holds.
pub(crate) const FOLDER_LOCK: &str = ".ess-writer.lock";
// Names of files have 255 bytes at most on common systems; the rest is for prefix, suffix and a checksum.
const MAX_NAME: usize = 200;
/// How many characters earlier versions made a temporary name unique with.
const UNIQUE: usize = 6;

/// Where a file is written before it is renamed.
pub(crate) fn partial_of(path: &Path) -> PathBuf {
    beside(path, PARTIAL)
}

/// What the writer of a file holds.
pub(crate) fn lock_of(path: &Path) -> PathBuf {
    beside(path, LOCK)
}

/// Where a file waits while another is replaced: what is left there is removed as a partial file of it is.
pub(crate) fn set_aside_of(path: &Path) -> PathBuf {
    beside(path, SET_ASIDE)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let mut own = OsString::from(PREFIX);
    own.push(short(name));
    own.push(suffix);
    path.with_file_name(own)
}

/// A name that leaves room; two long ones differ where the whole names do.
fn short(name: &OsStr) -> OsString {
    if name.len() <= MAX_NAME {
        return name.to_owned();
    }
    let text = name.to_string_lossy();
    let end = (0..=MAX_NAME).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    let checksum = Checksum::of(name.as_encoded_bytes()).to_string();
    format!("{}-{}", &text[..end], checksum.trim_start_matches("xxh3-64:")).into()
}

/// The names that a partial file may stand for: as this version writes it, and as versions before did. None for any
/// other file.
pub(crate) fn written_names(partial: &str) -> impl Iterator<Item = &str> {
    let name = partial.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(PARTIAL));
    let before = name.and_then(|name| name.rsplit_once('-')).filter(|(_, unique)| {
        unique.len() == UNIQUE && unique.bytes().all(|letter| letter.is_ascii_alphanumeric())
    });
    name.into_iter().chain(before.map(|(name, _)| name)).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_file_is_told_by_its_name() {
        let names = |partial| written_names(partial).collect::<Vec<_>>();
        assert_eq!(partial_of(Path::new("a/x.bin")), Path::new("a/.ess-x.bin.partial"));
        assert_eq!(names(".ess-x.bin.partial"), ["x.bin"]);
        assert_eq!(names(".ess-x.bin-a1B2c3.partial"), ["x.bin-a1B2c3", "x.bin"]);
        for other in [".ess-.partial", ".ess-x.partial.kept", "ess-x.partial", ".ess-x.lock"] {
            assert!(names(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn long_names_that_differ_at_their_end_do_not_share_a_partial_file() {
        let long = |end: &str| partial_of(Path::new(&format!("{}{end}", "ß".repeat(120))));
        assert_ne!(long("a"), long("b"));
        assert!(long("a").as_os_str().len() < 255);
    }
}
