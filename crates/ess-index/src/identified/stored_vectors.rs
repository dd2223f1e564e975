//! Which vectors the items have, in the file of their index.

use ess_files::Section;

use super::item_vectors::ItemVectors;
use crate::{error::Error, file::contents::Contents};

/// The section that says it, as JSON.
const SECTION: &str = "item_vectors";

pub(super) fn section(vectors: &ItemVectors) -> Section<'_> {
    // A string, or an object of strings: it is always JSON.
    Section::owned(SECTION, &serde_json::to_vec(vectors).unwrap_or_default())
}

/// What a file says; `None` for one that says nothing.
pub(crate) fn read(contents: &Contents) -> Result<Option<ItemVectors>, Error> {
    if !contents.has(SECTION) {
        return Ok(None);
    }
    let json = contents.values::<u8>(SECTION, None)?;
    let vectors = serde_json::from_slice(&json);
    vectors.map(Some).map_err(|error| contents.mismatch("which vectors the items have", error.to_string()))
}
