//! Files of sparse vectors.

use std::path::Path;

use ess_core::{Encoding, Error as CoreError};
use ess_files::{Opening, Section, SectionFile, Values, write_sections};
use serde::{Deserialize, Serialize};

use super::{error::Error, sparse_index_file::FORMAT, sparse_vectors::SparseVectors, texts::Texts};

const KIND: &str = "vectors";

/// What a file says of vectors beside their numbers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    rows: usize,
    dim: usize,
    made_by: Option<String>,
}

/// Sparse vectors with their ids in a file, and what made them: what a learned sparse encoder gave, to be indexed and searched
/// later.
///
/// ```
/// use ess_lexical::{SparseVectors, SparseVectorsFile};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("items.sparse");
/// let file = SparseVectorsFile {
///     vectors: SparseVectors::new(4, &[vec![(1, 2.0)], vec![]])?,
///     ids: vec!["a".to_owned(), "b".to_owned()],
///     made_by: Some("a model".to_owned()),
/// };
/// file.save(&path)?;
/// assert_eq!(SparseVectorsFile::open(&path)?, file);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SparseVectorsFile {
    /// `n` vectors.
    pub vectors: SparseVectors,
    /// Their ids, `n` of them.
    pub ids: Vec<String>,
    /// What made them, in words of the caller's, such as the name and checksum of a model.
    pub made_by: Option<String>,
}

impl SparseVectorsFile {
    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`ess_core::Error::DimensionMismatch`] for another number of ids than vectors, [`Error::Files`] for a file that cannot be
    /// written or that another writes.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let (rows, dim) = (self.vectors.rows(), self.vectors.dim());
        CoreError::check_dim("ids of sparse vectors (one for each)", rows, self.ids.len())?;
        let (starts, indices, values) = self.vectors.parts();
        let starts: Vec<u64> = starts.iter().map(|&start| start as u64).collect();
        let ids = Texts::new(self.ids.iter().map(String::as_str));
        let mut sections = vec![
            Section::owned("starts", &starts),
            Section::new("indices", &[indices]),
            Section::new("values", &[values]),
        ];
        sections.extend(ids.sections("id_ends", "id_texts"));
        let about = About { rows, dim, made_by: self.made_by.clone() };
        Ok(write_sections(FORMAT, path, KIND, &about, &sections)?)
    }

    /// Reads a file into memory and checks all of it.
    ///
    /// # Errors
    /// [`Error::Files`] with the file: when it cannot be read, has no sparse vectors, was cut off, or a checksum does not match.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = SectionFile::open(FORMAT, path, Opening::Read)?;
        let About { rows, dim, made_by } = file.about(KIND)?;
        let starts: Values<u64> = file.values("starts", rows.checked_add(1))?;
        let values: Values<f32> = file.values("values", None)?;
        let indices: Values<u32> = file.values("indices", Some(values.len()))?;
        let ids = Texts::from_file(&file, "id_ends", "id_texts", rows)?.to_strings(&file)?;
        let whole = (starts.first(), starts.last()) == (Some(&0), Some(&(values.len() as u64)));
        if !(whole && starts.is_sorted()) {
            return Err(file.mismatch("rows one after the other", "others").into());
        }
        let row = |ends: &[u64]| {
            let range = ends[0] as usize..ends[1] as usize;
            indices[range.clone()].iter().copied().zip(values[range].iter().copied()).collect()
        };
        let rows: Vec<Vec<(u32, f32)>> = starts.windows(2).map(row).collect();
        let vectors = SparseVectors::new(dim, &rows);
        let vectors = vectors.map_err(|error| file.mismatch("sparse vectors", error.to_string()))?;
        Ok(Self { vectors, ids, made_by })
    }
}
