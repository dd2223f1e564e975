//! Fitted links, in a JSON file of their own.

use std::{fs::File, io::Read, path::Path};

use ess_core::CalibratedLink;
use ess_files::{seal_json, unseal_json};
use serde::{Deserialize, Serialize};

use crate::{atomic::write_atomically, error::Error};

const FORMAT: &str = "ess-link";
/// Files of version 1 have no checksum.
const UNSEALED_VERSION: u32 = 1;
const VERSION: u32 = 2;
/// A link through a hundred thousand points has some megabytes.
const MAX_BYTES: u64 = 1 << 24;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkFile {
    format: String,
    version: u32,
    link: CalibratedLink,
}

/// Reads a link.
///
/// # Errors
/// [`Error::Format`] for a file that is torn, of another format or version, or whose link is none; [`Error::Io`].
pub fn read_link(path: impl AsRef<Path>) -> Result<CalibratedLink, Error> {
    let path = path.as_ref();
    let file = File::open(path).map_err(Error::io(path))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(Error::io(path))?;
    if bytes.len() as u64 > MAX_BYTES {
        let found = "more".to_owned();
        return Err(Error::format(path, format!("at most {MAX_BYTES} bytes"), found));
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| Error::format(path, "a text in UTF-8", error.utf8_error().to_string()))?;
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u32,
    }
    let syntax = |error: serde_json::Error| Error::format(path, "a fitted link", error.to_string());
    // The head first: a later version may have other fields.
    let head: Head = serde_json::from_str(&text).map_err(syntax)?;
    if head.format != FORMAT {
        return Err(Error::format(path, format!("format {FORMAT:?}"), format!("{:?}", head.format)));
    }
    let file: LinkFile = match head.version {
        UNSEALED_VERSION => serde_json::from_str(&text).map_err(syntax)?,
        VERSION => match unseal_json(&text) {
            Ok(Some(text)) => serde_json::from_str(&text).map_err(syntax)?,
            Ok(None) => return Err(Error::format(path, "a checksum as the last member", "none")),
            Err(error) => return Err(Error::format(path, "a link as it was written", error.to_string())),
        },
        other => {
            let expected = format!("format version {UNSEALED_VERSION} or {VERSION}");
            return Err(Error::format(path, expected, other.to_string()));
        }
    };
    Ok(file.link)
}

/// Writes a link, whole or not at all.
///
/// # Errors
/// [`Error::Io`]; [`Error::Format`] for a link of so many points that its file could not be read again.
pub fn write_link(path: impl AsRef<Path>, link: &CalibratedLink) -> Result<(), Error> {
    let path = path.as_ref();
    let file = LinkFile { format: FORMAT.to_owned(), version: VERSION, link: link.clone() };
    let text = serde_json::to_string_pretty(&file).map_err(|error| Error::io(path)(error.into()))?;
    let text = seal_json(&text);
    if text.len() as u64 > MAX_BYTES {
        return Err(Error::format(path, format!("at most {MAX_BYTES} bytes"), text.len().to_string()));
    }
    write_atomically(path, |out| out.write_all(text.as_bytes()).map_err(Error::io(path)))
}

#[cfg(test)]
mod tests {
    use ess_core::{IsotonicLink, Sigmoid};

    use super::*;

    fn links() -> [CalibratedLink; 2] {
        [
            Sigmoid::new(12.5, -6.25).unwrap().into(),
            IsotonicLink::new(vec![0.1, 0.7], vec![0.0, 0.3]).unwrap().into(),
        ]
    }

    #[test]
    fn a_link_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link.json");
        for link in links() {
            write_link(&path, &link).unwrap();
            assert_eq!(read_link(&path).unwrap(), link);
        }
    }

    #[test]
    fn a_torn_or_altered_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link.json");
        for link in links() {
            write_link(&path, &link).unwrap();
            let whole = std::fs::read_to_string(&path).unwrap();
            for length in 0..whole.trim_end().len() {
                std::fs::write(&path, &whole[..length]).unwrap();
                assert!(matches!(read_link(&path), Err(Error::Format { .. })), "cut at {length}");
            }
            // The last byte is a line end, which becomes other white space.
            for (at, bit) in (0..whole.len() - 1).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
                let mut altered = whole.clone().into_bytes();
                altered[at] ^= 1 << bit;
                // A new file each time: some file systems wait for the disk when a file is cut to be written again.
                std::fs::remove_file(&path).unwrap();
                std::fs::write(&path, altered).unwrap();
                let found = read_link(&path);
                assert!(matches!(found, Err(Error::Format { .. })), "byte {at}, bit {bit}: {found:?}");
            }
            println!("{} flips of a link, all refused", 8 * (whole.len() - 1));
        }
        assert!(matches!(read_link(folder.path().join("none.json")), Err(Error::Io { .. })));
    }

    #[test]
    fn a_file_of_before_there_were_checksums_is_read_and_its_values_are_checked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link.json");
        for link in links() {
            write_link(&path, &link).unwrap();
            let sealed = std::fs::read_to_string(&path).unwrap();
            let whole =
                unseal_json(&sealed).unwrap().unwrap().replacen("\"version\": 2", "\"version\": 1", 1);
            std::fs::write(&path, &whole).unwrap();
            assert_eq!(read_link(&path).unwrap(), link);
            let alterations = [
                ("ess-link", "ess-lonk"),
                ("\"version\": 1", "\"version\": 2"),
                ("12.5", "-12.5"),
                ("0.7", "0.05"),
            ];
            for (from, to) in alterations.into_iter().filter(|(from, _)| whole.contains(from)) {
                std::fs::write(&path, whole.replacen(from, to, 1)).unwrap();
                assert!(matches!(read_link(&path), Err(Error::Format { .. })), "{from} → {to}");
            }
        }
    }
}
