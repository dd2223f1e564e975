//! URLs in the place of paths.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};

use super::paths::Expected;

/// Whether a path on the command line is the URL of a folder of an object store, such as `s3://bucket/folder`.
pub(crate) fn is_url(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    // One letter is a disk on Windows.
    scheme.is_some_and(|scheme| scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

impl Expected {
    /// Reads a path that must lead there, or the URL of a folder of an object store.
    pub(crate) fn read_or_url(self) -> impl TypedValueParser<Value = PathBuf> {
        PathBufValueParser::new().try_map(move |path| match is_url(&path) {
            true => Ok(path),
            false => self.check(&path).map(|()| path),
        })
    }

    /// Reads a path where nothing need be yet, or the URL of a folder of an object store.
    pub(crate) fn written_or_url(self) -> impl TypedValueParser<Value = PathBuf> {
        PathBufValueParser::new().try_map(move |path| match is_url(&path) {
            true => Ok(path),
            false => self.writable(path),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_no_urls() {
        for url in ["s3://bucket", "file:///a/b", "https://host/a"] {
            assert!(is_url(Path::new(url)), "{url}");
        }
        for path in ["a", "./s3://bucket", "C://a", "/a/b://c", "://a", "s3:/bucket"] {
            assert!(!is_url(Path::new(path)), "{path}");
        }
    }
}
