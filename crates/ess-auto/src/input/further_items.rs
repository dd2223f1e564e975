//! The items by a further encoder.

use ess_core::{Embeddings, Encoding, Error};
use ess_index::FlatIndex;
use ess_lexical::{SparseIndex, SparseVectors};

use super::encoding_kind::EncodingKind;

/// `m` items by an encoder beside the frozen one: what queries by the same encoder are compared with and searched in.
pub(crate) enum FurtherItems {
    /// By embedding.
    Dense {
        /// `m × d`, of whatever dimension.
        embeddings: Embeddings,
        index: FlatIndex,
        /// The root of their mean squared length.
        length: f64,
    },
    /// By sparse vector, as a learned sparse encoder gives it.
    Sparse {
        /// `m` vectors.
        vectors: SparseVectors,
        index: SparseIndex,
        /// The root of their mean squared length.
        length: f64,
    },
}

impl FurtherItems {
    pub(crate) fn dense(embeddings: Embeddings) -> Result<Self, Error> {
        let index = FlatIndex::new(embeddings.clone())?;
        let length = mean_length(embeddings.as_slice().iter().copied(), embeddings.len());
        Ok(Self::Dense { embeddings, index, length })
    }

    pub(crate) fn sparse(vectors: SparseVectors) -> Self {
        let rows = vectors.rows();
        let length = mean_length((0..rows).flat_map(|row| vectors.row(row)).map(|(_, value)| value), rows);
        Self::Sparse { index: SparseIndex::new(&vectors), vectors, length }
    }

    pub(crate) fn kind(&self) -> EncodingKind {
        match self {
            Self::Dense { embeddings, .. } => EncodingKind::Embeddings(embeddings.dim()),
            Self::Sparse { vectors, .. } => EncodingKind::Sparse(vectors.dim()),
        }
    }
}

/// The root of the mean squared length of so many rows.
fn mean_length(values: impl Iterator<Item = f32>, rows: usize) -> f64 {
    let squares: f64 = values.map(|value| f64::from(value).powi(2)).sum();
    (squares / rows as f64).sqrt()
}
