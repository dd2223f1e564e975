//! Files of sparse indexes.

use std::path::Path;

use ess_core::{Error as CoreError, Ids};
use ess_files::{Format, Opening, SectionFile, write_sections};
use serde::{Deserialize, Serialize};

use super::{
    bm25::{Bm25About, Bm25Encoder},
    error::Error,
    maxima::WINDOW,
    postings::Postings,
    sparse_index::SparseIndex,
    texts::Texts,
};

pub(super) const FORMAT: Format =
    Format { magic: b"ESSPARSE", version: 1, what: "a sparse index or sparse vectors" };
const KIND: &str = "index";
const ID_ENDS: &str = "id_ends";
const ID_TEXTS: &str = "id_texts";

/// What a file says of an index beside its numbers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    items: usize,
    dim: usize,
    /// Items for which largest values are kept together.
    window: usize,
    negative: bool,
    ids: bool,
    bm25: Option<Bm25About>,
    made_by: Option<String>,
}

/// What is saved with a sparse index, so that texts can be searched with nothing else.
#[derive(Clone, Copy, Default)]
pub struct Attached<'a> {
    /// The ids of the items, one each.
    pub ids: Option<&'a [String]>,
    /// The encoder that made the items' vectors, and makes those of queries.
    pub bm25: Option<&'a Bm25Encoder>,
    /// What made the vectors, in words of the caller's, such as the name and checksum of a model.
    pub made_by: Option<&'a str>,
}

/// An open file of a [`SparseIndex`], with what was saved beside it.
///
/// It is mapped and searched where it lies, so that a search opens in the time that it takes to check the file, and in less
/// than a millisecond without that. Or it is read into memory ([`Opening::Read`]), where other programs may write to the file.
///
/// ```
/// use ess_core::{QueryEncoder, Searcher};
/// use ess_files::Opening;
/// use ess_lexical::{Attached, Bm25Config, Bm25Encoder, SparseIndex, SparseIndexFile};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("bm25.index");
/// let (encoder, items) = Bm25Encoder::fit_and_encode(&["The cat sat.", "Stocks fell."], Bm25Config::default())?;
/// let ids = ["pets".to_owned(), "money".to_owned()];
/// let attached = Attached { ids: Some(&ids), bm25: Some(&encoder), ..Attached::default() };
/// SparseIndexFile::write(&path, &SparseIndex::new(&items), attached)?;
///
/// let file = SparseIndexFile::open(&path, Opening::default())?;
/// let (index, encoder, ids) = (file.index()?, file.bm25()?.expect("saved"), file.ids()?.expect("saved"));
/// let hits = index.search(&encoder.encode_queries(&["a falling stock"])?, 1)?;
/// assert_eq!(ids[hits[0][0].item], "money");
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Debug)]
pub struct SparseIndexFile {
    file: SectionFile,
    about: About,
    /// Whether the checksums of what is taken are known to be right.
    checked: bool,
}

impl SparseIndexFile {
    /// Writes an index with what belongs to it, whole or not at all.
    ///
    /// # Errors
    /// [`ess_core::Error::DimensionMismatch`] for an encoder of another dimension or another number of ids than items,
    /// [`ess_core::Error::DuplicateId`] for an id twice,
    /// [`Error::Files`] for a file that cannot be written or that another writes.
    pub fn write(path: &Path, index: &SparseIndex, attached: Attached<'_>) -> Result<(), Error> {
        let Attached { ids, bm25, made_by } = attached;
        if let Some(ids) = ids {
            CoreError::check_dim("ids of a sparse index (one for each item)", index.len(), ids.len())?;
            Ids::new(ids.to_vec())?;
        }
        if let Some(bm25) = bm25 {
            let terms = bm25.term_weights().len();
            CoreError::check_dim("the BM25 encoder of a sparse index", index.dim(), terms)?;
        }
        let about = About {
            items: index.items,
            dim: index.dim,
            window: WINDOW,
            negative: index.postings.negative,
            ids: ids.is_some(),
            bm25: bm25.map(Bm25Encoder::about),
            made_by: made_by.map(str::to_owned),
        };
        let ids = ids.map(|ids| Texts::new(ids.iter().map(String::as_str)));
        let mut sections = index.postings.sections();
        sections.extend(bm25.map(Bm25Encoder::sections).into_iter().flatten());
        sections.extend(ids.iter().flat_map(|ids| ids.sections(ID_ENDS, ID_TEXTS)));
        Ok(write_sections(FORMAT, path, KIND, &about, &sections)?)
    }

    /// Opens a file.
    ///
    /// # Errors
    /// [`Error::Files`] with the file: when it cannot be read, is no sparse index, was cut off, or a checksum does not match.
    pub fn open(path: &Path, opening: Opening) -> Result<Self, Error> {
        let file = SectionFile::open(FORMAT, path, opening)?;
        let about: About = file.about(KIND)?;
        // Items are numbered by 32 bits.
        let possible = 1..=1_usize << 32;
        if !(possible.contains(&about.items) && possible.contains(&about.dim) && about.window == WINDOW) {
            return Err(file.mismatch("sizes of a sparse index", format!("{about:?}")).into());
        }
        Ok(Self { file, about, checked: opening != Opening::MappedUnverified })
    }

    /// The index.
    ///
    /// # Errors
    /// [`Error::Files`] when what the file has is no index, or a checksum does not match.
    pub fn index(&self) -> Result<SparseIndex, Error> {
        let About { items, dim, negative, .. } = self.about;
        let postings = Postings::from_file(items, dim, negative, &self.file, self.checked)?;
        Ok(SparseIndex { items, dim, postings })
    }

    /// The BM25 encoder that was saved with the index.
    ///
    /// Terms are looked up where they lie, so it is there at once. It keeps no words, so a word that is encoded again is stemmed
    /// again.
    ///
    /// # Errors
    /// As of [`SparseIndexFile::index`]; [`Error::Files`] for terms that were stemmed by other rules than
    /// [`TextAnalyzer::RULES`](crate::TextAnalyzer::RULES), since words would not meet them.
    pub fn bm25(&self) -> Result<Option<Bm25Encoder>, Error> {
        let Some(about) = self.about.bm25.clone() else { return Ok(None) };
        Ok(Some(Bm25Encoder::from_file(about, self.about.dim, &self.file, self.checked)?))
    }

    /// The ids that were saved with the index, one for each item.
    ///
    /// # Errors
    /// As of [`SparseIndexFile::index`]; [`Error::Files`] for ids that are no text.
    pub fn ids(&self) -> Result<Option<Vec<String>>, Error> {
        if !self.about.ids {
            return Ok(None);
        }
        let ids = Texts::from_file(&self.file, ID_ENDS, ID_TEXTS, self.about.items)?;
        Ok(Some(ids.to_strings(&self.file)?))
    }

    /// What made the vectors, as it was said when the index was saved.
    pub fn made_by(&self) -> Option<&str> {
        self.about.made_by.as_deref()
    }

    /// The number of items.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.about.items
    }

    /// The dimension of the items' vectors.
    pub fn dim(&self) -> usize {
        self.about.dim
    }

    /// Whether a file begins as those of sparse indexes and of sparse vectors do.
    ///
    /// # Errors
    /// [`Error::Files`] when it cannot be read.
    pub fn is_one(path: &Path) -> Result<bool, Error> {
        Ok(FORMAT.begins(path)?)
    }
}
