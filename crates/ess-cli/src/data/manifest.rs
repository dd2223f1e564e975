//! What `merge` made of which shares, with checksums.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use ess_files::{seal_json, unseal_json, write_atomically};
use serde::{Deserialize, Serialize};

/// The file's name.
pub(crate) const MANIFEST: &str = "manifest.json";
const FORMAT: &str = "ess-shares";
const VERSION: u32 = 1;

/// What `merge` wrote.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    format: String,
    version: u32,
    pub(crate) files: Vec<Merged>,
}

/// A file and the shares that it was made of.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merged {
    pub(crate) file: String,
    pub(crate) rows: usize,
    pub(crate) dim: usize,
    pub(crate) checksum: String,
    pub(crate) shares: Vec<Share>,
}

/// A share, and where its rows are in the whole.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Share {
    pub(crate) file: String,
    pub(crate) first_row: usize,
    pub(crate) rows: usize,
    pub(crate) checksum: String,
}

impl Manifest {
    pub(crate) fn new(files: Vec<Merged>) -> Self {
        Self { format: FORMAT.to_owned(), version: VERSION, files }
    }

    /// Writes it, with a checksum of its own.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let text = seal_json(&serde_json::to_string_pretty(self)?);
        Ok(write_atomically(&folder.join(MANIFEST), |file| file.write_all(text.as_bytes()))?)
    }

    /// That of a folder; `None` where there is none.
    ///
    /// # Errors
    /// When it is damaged, of another version or no manifest.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(MANIFEST);
        if !path.exists() {
            return Ok(None);
        }
        let place = || path.display().to_string();
        let text = std::fs::read_to_string(&path).with_context(place)?;
        let unsealed =
            unseal_json(&text).with_context(place)?.with_context(|| format!("{}: no checksum", place()))?;
        let manifest: Self = serde_json::from_str(&unsealed).with_context(place)?;
        let found = (manifest.format.as_str(), manifest.version);
        ensure!(found == (FORMAT, VERSION), "{}: expected {FORMAT} {VERSION}, found {found:?}", place());
        Ok(Some(manifest))
    }

    /// The files, their checksums, and whether they are shares.
    pub(crate) fn checksums(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        let shares = self.files.iter().flat_map(|merged| &merged.shares);
        let shares = shares.map(|share| (share.file.as_str(), share.checksum.as_str(), true));
        let merged = self.files.iter().map(|merged| (merged.file.as_str(), merged.checksum.as_str(), false));
        merged.chain(shares)
    }
}

#[cfg(test)]
mod tests {
    use ess_testing::{
        Scratch,
        damage::{mutations, rounds},
    };

    use super::*;

    fn manifest() -> Manifest {
        let share = |number: usize| Share {
            file: format!("corpus.{number}-of-2.safetensors"),
            first_row: 25 * (number - 1),
            rows: 25,
            checksum: "xxh3-64:0123456789abcdef".to_owned(),
        };
        let (file, checksum) = ("corpus.safetensors".to_owned(), "xxh3-64:fedcba9876543210".to_owned());
        Manifest::new(vec![Merged { file, rows: 50, dim: 4, checksum, shares: vec![share(1), share(2)] }])
    }

    /// With a checksum, if it still ends as a file with a checksum does.
    fn sealed(bytes: Vec<u8>) -> Vec<u8> {
        match String::from_utf8(bytes) {
            Ok(text) if text.trim_end().ends_with('}') => seal_json(&text).into_bytes(),
            Ok(text) => text.into_bytes(),
            Err(error) => error.into_bytes(),
        }
    }

    #[test]
    fn damaged_manifests_with_right_checksums_come_back_as_they_were_read_or_are_errors() {
        let folder = Scratch::new();
        let good = serde_json::to_string_pretty(&manifest()).unwrap();
        let (mut tried, mut opened) = (0, 0);
        for bytes in mutations(good.as_bytes(), 1, rounds(10_000)).filter(|bytes| bytes != good.as_bytes()) {
            tried += 1;
            std::fs::write(folder.path().join(MANIFEST), sealed(bytes)).unwrap();
            match Manifest::read(folder.path()) {
                Ok(read) => {
                    opened += 1;
                    let read = read.expect("a manifest");
                    read.write(folder.path()).unwrap();
                    let again = Manifest::read(folder.path()).unwrap().expect("a manifest");
                    assert!(again.checksums().eq(read.checksums()));
                    let text = |manifest: &Manifest| serde_json::to_string(manifest).unwrap();
                    assert_eq!(text(&again), text(&read));
                }
                Err(error) => assert!(format!("{error:#}").contains(MANIFEST), "{error:#}"),
            }
        }
        println!("{tried} damaged manifests, {opened} of which are read");
        assert!(opened > 0 && opened < tried, "{opened} of {tried} are read");
    }
}
