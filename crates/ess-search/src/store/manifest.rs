//! `module.json`: what a module is, the name and the checksum of its weights, and its documents.

use std::path::Path;

use ess_files::{Checksum, seal_json, unseal_json};
use serde::{Deserialize, Serialize};

use super::{
    attachments::{Attachments, MANIFEST},
    regular_file,
    state::ModuleDescription,
};
use crate::error::Error;

const FORMAT: &str = "ess-search-module";
/// The version of manifests without a checksum.
const UNSEALED_VERSION: u32 = 1;
/// The version of manifests without documents.
const VERSION: u32 = 2;
/// The version of manifests with documents.
const ATTACHING_VERSION: u32 = 3;
/// The largest size of a manifest. One of a thousand members has some hundred kilobytes, and offsets of 10⁷ items
/// have 80 megabytes.
const MAX_BYTES: u64 = 1 << 27;
/// Larger manifests are written without line breaks.
const MAX_PRETTY_BYTES: usize = 1 << 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    format: String,
    version: u32,
    pub(super) module: ModuleDescription,
    pub(super) weights: Weights,
    #[serde(default, skip_serializing_if = "Attachments::is_empty")]
    pub(super) attachments: Attachments,
}

/// The file of the tensors.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Weights {
    pub(super) file: String,
    pub(super) checksum: String,
}

impl Weights {
    /// The file for these bytes. Its name contains their checksum.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let checksum = Checksum::of(bytes).to_string();
        let file = format!("weights-{}.safetensors", checksum.trim_start_matches("xxh3-64:"));
        Self { file, checksum }
    }
}

impl Manifest {
    pub(super) fn new(module: ModuleDescription, weights: Weights, attachments: Attachments) -> Self {
        let version = if attachments.is_empty() { VERSION } else { ATTACHING_VERSION };
        Self { format: FORMAT.to_owned(), version, module, weights, attachments }
    }

    /// The text of the file, with a checksum as the last member.
    pub(super) fn to_text(&self, folder: &Path) -> Result<String, Error> {
        let path = folder.join(MANIFEST);
        let no_json = |error: serde_json::Error| Error::format(&path, "a config that is JSON", error);
        let mut text = serde_json::to_string_pretty(self).map_err(no_json)?;
        if text.len() > MAX_PRETTY_BYTES {
            text = serde_json::to_string(self).map_err(no_json)?;
        }
        let text = seal_json(&text);
        if text.len() as u64 > MAX_BYTES {
            return Err(Error::format(&path, &format!("at most {MAX_BYTES} bytes"), text.len()));
        }
        Ok(text)
    }

    /// The manifest in the text of the file at `path`.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let syntax =
            |error: serde_json::Error| Error::format(path, "the manifest of a searching module", error);
        match version_of(path, text)? {
            UNSEALED_VERSION => serde_json::from_str(text).map_err(syntax),
            VERSION | ATTACHING_VERSION => match unseal_json(text) {
                Ok(Some(text)) => serde_json::from_str(&text).map_err(syntax),
                Ok(None) => Err(Error::format(path, "a checksum as the last member", "none")),
                Err(error) => Err(Error::format(path, "a manifest as it was written", error)),
            },
            other => {
                let expected = format!("format version {UNSEALED_VERSION} to {ATTACHING_VERSION}");
                Err(Error::format(path, &expected, other))
            }
        }
    }
}

/// The text of the file at `path`.
pub(super) fn read_text(path: &Path) -> Result<String, Error> {
    String::from_utf8(regular_file::read(path, MAX_BYTES)?)
        .map_err(|error| Error::format(path, "a text in UTF-8", error.utf8_error()))
}

/// The version of the format. It is read before the rest: a later version may have other fields, and an error that
/// names the version says more than one that names a field.
fn version_of(path: &Path, text: &str) -> Result<u32, Error> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u32,
    }
    let head: Head = serde_json::from_str(text)
        .map_err(|error| Error::format(path, "the manifest of a searching module", error))?;
    if head.format != FORMAT {
        return Err(Error::format(path, &format!("format {FORMAT:?}"), head.format));
    }
    Ok(head.version)
}
