//! The file of an index of token vectors.

use std::{collections::HashMap, path::Path};

use ess_core::Error as CoreError;
use ess_files::{Opening, Section, Values, write_sections};
use half::f16;
use serde::{Deserialize, Serialize};

use super::{
    codec::{Codec, bytes_of},
    compressed::CompressedTokens,
    consistency,
    index::TokenIndex,
    lists::Lists,
    settings::TokenSearch,
};
use crate::{
    error::Error,
    file::contents::{Contents, FORMAT},
    identified::row_id::Kept,
    kmeans::KMeans,
};

/// Sizes and settings, as the file has them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    items: usize,
    tokens: usize,
    dim: usize,
    bits: usize,
    centroids: usize,
    /// Whether vectors are kept in f16.
    vectors: bool,
    search: TokenSearch,
}

impl TokenIndex {
    /// The name of its kind in files.
    pub(crate) const KIND: &'static str = "tokens";

    /// Writes the index to a file, whole or not at all.
    ///
    /// ```
    /// use ess_core::{Embeddings, Searcher, TokenStates};
    /// use ess_index::{Opening, Progress, TokenIndex, TokenIndexBuilder};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("tokens.index");
    /// let items = TokenStates::from_texts(Embeddings::from_rows(&[[0.0]; 2])?, 2, &[[1.0, 0.0], [0.0, 1.0]])?;
    /// let index = TokenIndexBuilder::default().build(&items, Progress::Silent)?;
    /// index.save(&path)?;
    /// let mapped = TokenIndex::open(&path, Opening::default())?;
    /// assert_eq!(mapped.search(&items, 1)?, index.search(&items, 1)?);
    /// # Ok::<(), ess_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be written, [`Error::Files`] while another program writes it; the old file is as it was
    /// then.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        self.write(path, Vec::new())
    }

    /// The same with an id for each item, which [`IndexFile::ids`](crate::IndexFile::ids) gives back.
    ///
    /// # Errors
    /// As [`TokenIndex::save`]; [`CoreError::LengthMismatch`] when there are not as many ids as items,
    /// [`CoreError::DuplicateId`] for an id given twice.
    pub fn save_with_ids(&self, path: &Path, ids: &[String]) -> Result<(), Error> {
        let (what, expected, found) = ("ids of items with token vectors", self.tokens.items(), ids.len());
        if expected != found {
            return Err(CoreError::LengthMismatch { what, expected, found }.into());
        }
        let mut rows = HashMap::with_capacity(ids.len());
        for (second, id) in ids.iter().enumerate() {
            if let Some(first) = rows.insert(id, second) {
                return Err(CoreError::DuplicateId { id: id.clone(), first, second }.into());
            }
        }
        self.write(path, String::sections(ids))
    }

    /// Opens a file of [`TokenIndex::save`]. [`IndexFile`](crate::IndexFile) opens index and ids from one version of the file.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read; [`Error::Format`] when it is of another kind or version, was cut off, or names
    /// tokens, centroids or items that it does not have; [`Error::Damaged`] when a checksum does not match. With
    /// [`Opening::MappedUnverified`] the header alone is checked, the centroids and the sizes of the sections.
    pub fn open(path: &Path, opening: Opening) -> Result<Self, Error> {
        Self::from_file(&Contents::open(path, opening)?)
    }

    fn write(&self, path: &Path, ids: Vec<Section<'_>>) -> Result<(), Error> {
        let CompressedTokens { codec, starts, codes, residuals, exact } = &self.tokens;
        let about = About {
            items: self.tokens.items(),
            tokens: self.tokens.tokens(),
            dim: codec.dim(),
            bits: codec.bits(),
            centroids: codec.centroids().len(),
            vectors: exact.is_some(),
            search: self.search,
        };
        let mut sections = vec![
            Section::new("starts", &[&starts[..]]),
            Section::new("codes", &[&codes[..]]),
            Section::new("residuals", &[&residuals[..]]),
            Section::new("centroids", &[codec.centroids().rows()]),
            Section::new("cutoffs", &[codec.cutoffs()]),
            Section::new("weights", &[codec.weights()]),
            Section::new("list_ends", &[&self.lists.ends[..]]),
            Section::new("list_items", &[&self.lists.items[..]]),
        ];
        sections.extend(exact.iter().map(|exact| Section::new("vectors", &[&exact[..]])));
        sections.extend(ids);
        Ok(write_sections(FORMAT, path, Self::KIND, &about, &sections)?)
    }

    /// The index that a file has.
    pub(crate) fn from_file(contents: &Contents) -> Result<Self, Error> {
        let about: About = contents.about(Self::KIND)?;
        let possible = (1..=u32::MAX as usize).contains(&about.items)
            && about.dim > 0
            && matches!(about.bits, 1 | 2 | 4)
            && about.centroids > 0
            && about.search.check().is_ok();
        if !possible {
            return Err(contents.mismatch("sizes of an index of token vectors", format!("{about:?}")));
        }
        let About { items, tokens, dim, bits, centroids, vectors, search } = about;
        let size = |rows: usize, columns: usize| {
            let size = rows.checked_mul(columns);
            size.ok_or_else(|| contents.mismatch("a possible size", format!("{rows} × {columns}")))
        };
        let codec = Codec::new(
            dim,
            bits,
            KMeans::from_rows(finite(contents, "centroids", size(centroids, dim)?)?, dim),
            finite(contents, "cutoffs", (1 << bits) - 1)?,
            finite(contents, "weights", 1 << bits)?,
        );
        let exact =
            vectors.then(|| contents.values::<f16>("vectors", Some(size(tokens, dim)?))).transpose()?;
        let tokens = CompressedTokens {
            codec,
            starts: contents.values("starts", Some(items + 1))?,
            codes: contents.values("codes", Some(tokens))?,
            residuals: contents.values("residuals", Some(size(tokens, bytes_of(dim, bits))?))?,
            exact,
        };
        let lists = Lists {
            ends: contents.values("list_ends", Some(centroids))?,
            items: contents.values("list_items", None)?,
        };
        if contents.is_checked() {
            consistency::check(contents, &tokens, &lists)?;
        }
        Ok(Self { tokens, lists, search })
    }
}

fn finite(contents: &Contents, name: &str, count: usize) -> Result<Vec<f32>, Error> {
    let numbers: Values<f32> = contents.values(name, Some(count))?;
    if numbers.iter().all(|number| number.is_finite()) {
        return Ok(numbers.to_vec());
    }
    Err(contents.mismatch(format!("finite values in section {name}"), "others"))
}
