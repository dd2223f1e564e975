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
/// Manifests of version 1 have no checksum.
const UNSEALED_VERSION: u32 = 1;
/// That of manifests with nothing attached.
const VERSION: u32 = 2;
/// That of manifests with documents in them.
const ATTACHING_VERSION: u32 = 3;
/// No manifest is larger: one of a thousand members has some hundred kilobytes, offsets of 10⁷ items 80 megabytes.
const MAX_BYTES: u64 = 1 << 27;
/// A manifest of more bytes is written without line breaks.
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

/// Where the tensors are.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Weights {
    pub(super) file: String,
    pub(super) checksum: String,
}

impl Weights {
    /// The name of a file with these bytes: it has their checksum in it.
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

    /// Its text, with a checksum as the last member.
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

/// The version of the format. It is read before the rest, because a later version may have other fields, and its number
/// says more than a field that is not known.
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
