//! The object that says which objects are one set.

use std::{io::Read, path::PathBuf};

use ess_files::{Checksum, seal_json, unseal_json};
use serde::{Deserialize, Serialize};

use super::{folder::ObjectFolder, stored_file::StoredFile};
use crate::error::Error;

const FORMAT: &str = "ess-objects";
const VERSION: u32 = 1;
/// A manifest at most: some ten thousand files.
const MAX_BYTES: u64 = 4 << 20;

/// A set, as it stands in its manifest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetManifest {
    format: String,
    version: u32,
    pub(super) files: Vec<StoredFile>,
}

impl SetManifest {
    pub(super) fn new(files: Vec<StoredFile>) -> Self {
        Self { format: FORMAT.to_owned(), version: VERSION, files }
    }

    /// With a checksum of its own.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        Ok(seal_json(&serde_json::to_string_pretty(self)?).into_bytes())
    }

    /// That of a folder; `None` where there is none.
    pub(super) fn read(folder: &ObjectFolder, name: &str) -> Result<Option<Self>, Error> {
        let Some(object) = folder.find(name)? else { return Ok(None) };
        let place = PathBuf::from(folder.url_of(name));
        let wrong = |found: String| Error::format(&place, "the manifest of a set of objects", found);
        if object.bytes > MAX_BYTES {
            return Err(wrong(format!("{} bytes", object.bytes)));
        }
        let mut bytes = Vec::new();
        folder.read(&object).read_to_end(&mut bytes).map_err(Error::io(&place))?;
        Self::of(&bytes).map(Some).map_err(wrong)
    }

    /// Reads one; what is wrong with it otherwise.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let unsealed = unseal_json(text).map_err(|error| error.to_string())?;
        let unsealed = unsealed.ok_or_else(|| "one without a checksum".to_owned())?;
        let manifest: Self = serde_json::from_str(&unsealed).map_err(|error| error.to_string())?;
        if (manifest.format.as_str(), manifest.version) != (FORMAT, VERSION) {
            return Err(format!("{} {}, expected {FORMAT} {VERSION}", manifest.format, manifest.version));
        }
        for stored in &manifest.files {
            for name in [&stored.file, &stored.object] {
                if !is_plain(name) {
                    return Err(format!("the name {name:?}, which leads elsewhere"));
                }
            }
            stored.checksum.parse::<Checksum>().map_err(|error| error.to_string())?;
        }
        Ok(manifest)
    }
}

/// Whether a name is that of a file in a folder, on every system.
pub(super) fn is_plain(name: &str) -> bool {
    let ordinary = |c: char| !c.is_control() && !matches!(c, '/' | '\\' | ':' | '?' | '#');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(ordinary)
}

#[cfg(test)]
mod tests {
    use ess_testing::damage::{mutations, rounds};

    use super::*;

    fn sealed(files: &str) -> Vec<u8> {
        seal_json(&format!("{{\"format\": \"{FORMAT}\", \"version\": {VERSION}, \"files\": {files}}}"))
            .into_bytes()
    }

    /// With a checksum, if it still ends as a file with a checksum does.
    fn sealed_again(bytes: Vec<u8>) -> Vec<u8> {
        match String::from_utf8(bytes) {
            Ok(text) if text.trim_end().ends_with('}') => seal_json(&text).into_bytes(),
            Ok(text) => text.into_bytes(),
            Err(error) => error.into_bytes(),
        }
    }

    #[test]
    fn damaged_manifests_with_right_checksums_come_back_as_they_were_read_or_are_errors() {
        let file = |name: &str| StoredFile {
            file: format!("{name}.safetensors"),
            object: format!("{name}.0123456789abcdef.safetensors"),
            bytes: 7_960_000,
            checksum: "xxh3-64:0123456789abcdef".to_owned(),
            e_tag: Some("9b2cf535f27731c9".to_owned()),
        };
        let manifest = SetManifest::new(vec![file("corpus"), file("queries")]);
        let good = serde_json::to_string_pretty(&manifest).unwrap();
        let (mut tried, mut opened) = (0, 0);
        for bytes in mutations(good.as_bytes(), 1, rounds(10_000)).filter(|bytes| bytes != good.as_bytes()) {
            tried += 1;
            let Ok(read) = SetManifest::of(&sealed_again(bytes)) else { continue };
            opened += 1;
            let again = SetManifest::of(&read.to_bytes().unwrap()).unwrap();
            assert_eq!(again.files, read.files);
        }
        println!("{tried} damaged manifests, {opened} of which are read");
        assert!(opened > 0 && opened < tried, "{opened} of {tried} are read");
    }

    #[test]
    fn a_manifest_that_leads_elsewhere_or_is_damaged_is_refused() {
        let sum = Checksum::of(b"");
        let file = |name: &str| {
            format!(
                "[{{\"file\": {name:?}, \"object\": \"x\", \"bytes\": 1, \"checksum\": \"{sum}\", \"e_tag\": null}}]"
            )
        };
        let good = sealed(&file("corpus.safetensors"));
        assert_eq!(SetManifest::of(&good).unwrap().files[0].file, "corpus.safetensors");
        for (bytes, found) in [
            (sealed(&file("../corpus.safetensors")), "leads elsewhere"),
            (sealed(&file(".ssh")), "leads elsewhere"),
            (sealed(&file("")), "leads elsewhere"),
            (sealed(&file("a").replace("xxh3", "md5")), "xxh3"),
            (sealed("[1]"), "invalid type"),
            (good[..good.len() / 2].to_vec(), ""),
            (b"{}".to_vec(), "without a checksum"),
            (b"\xff".to_vec(), "utf-8"),
        ] {
            let Err(wrong) = SetManifest::of(&bytes) else { panic!("{found}") };
            assert!(wrong.contains(found), "{wrong}");
        }
    }
}
