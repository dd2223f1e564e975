//! Fitted links, in a JSON file of their own.

use std::{fs::File, io::Read, path::Path};

use ess_core::CalibratedLink;
use serde::{Deserialize, Serialize};

use crate::{Error, atomic::write_atomically};

const FORMAT: &str = "ess-link";
const VERSION: u32 = 1;
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
    let mut text = String::new();
    let bytes = file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(Error::io(path))? as u64;
    if bytes > MAX_BYTES {
        let found = "more".to_owned();
        return Err(Error::format(path, format!("at most {MAX_BYTES} bytes"), found));
    }
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
    if head.version != VERSION {
        return Err(Error::format(path, format!("format version {VERSION}"), head.version.to_string()));
    }
    let file: LinkFile = serde_json::from_str(&text).map_err(syntax)?;
    Ok(file.link)
}

/// Writes a link, whole or not at all.
///
/// # Errors
/// [`Error::Io`]; [`Error::Format`] for a link of so many points that its file could not be read again.
pub fn write_link(path: impl AsRef<Path>, link: &CalibratedLink) -> Result<(), Error> {
    let path = path.as_ref();
    let file = LinkFile { format: FORMAT.to_owned(), version: VERSION, link: link.clone() };
    let mut text = serde_json::to_vec_pretty(&file).map_err(|error| Error::io(path)(error.into()))?;
    text.push(b'\n');
    if text.len() as u64 > MAX_BYTES {
        return Err(Error::format(path, format!("at most {MAX_BYTES} bytes"), text.len().to_string()));
    }
    write_atomically(path, |out| out.write_all(&text).map_err(Error::io(path)))
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
        assert!(matches!(read_link(folder.path().join("none.json")), Err(Error::Io { .. })));
    }
}
