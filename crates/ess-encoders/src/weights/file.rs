//! One safetensors file.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use safetensors::{Dtype, tensor::Metadata};

use super::values::{self, NumberKind};
use crate::error::Error;

// The limit of the safetensors library itself.
const MAX_HEADER_BYTES: u64 = 100_000_000;
const LENGTH_BYTES: u64 = 8;

/// A safetensors file whose header is read and checked against the file's length.
pub(crate) struct WeightFile {
    path: PathBuf,
    data_start: u64,
    metadata: Metadata,
}

impl WeightFile {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(Error::io(path))?;
        let length = file.metadata().map_err(Error::io(path))?.len();
        let malformed = |reason: String| Error::MalformedWeights { path: path.to_owned(), reason };
        let mut header_length = [0; LENGTH_BYTES as usize];
        if length < LENGTH_BYTES {
            return Err(malformed(format!("it has {length} bytes, a header needs 8")));
        }
        file.read_exact(&mut header_length).map_err(Error::io(path))?;
        let header_length = u64::from_le_bytes(header_length);
        if header_length > MAX_HEADER_BYTES.min(length - LENGTH_BYTES) {
            return Err(malformed(format!("its header claims {header_length} bytes, the file has {length}")));
        }
        let mut header = vec![0; header_length as usize];
        file.read_exact(&mut header).map_err(Error::io(path))?;
        let metadata: Metadata =
            serde_json::from_slice(&header).map_err(|error| malformed(format!("header: {error}")))?;
        let data_start = LENGTH_BYTES + header_length;
        // Saturating: a header may claim more than there are numbers for.
        let expected = data_start.saturating_add(metadata.data_len() as u64);
        if expected != length {
            return Err(malformed(format!("its tensors end at byte {expected}, the file has {length}")));
        }
        Ok(Self { path: path.to_owned(), data_start, metadata })
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        self.metadata.offset_keys().into_iter()
    }

    pub(crate) fn shape(&self, name: &str) -> Result<Vec<usize>, Error> {
        Ok(self.info(name)?.shape.clone())
    }

    pub(crate) fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        let info = self.info(name)?;
        values::check_shape(&self.path, name, shape, &info.shape)?;
        let (start, end) = info.data_offsets;
        let bytes = self.bytes(start as u64, end - start)?;
        let kind = number_kind(info.dtype).ok_or_else(|| Error::TensorType {
            path: self.path.clone(),
            name: name.to_owned(),
            found: format!("{:?}", info.dtype).to_lowercase(),
        })?;
        values::check_finite(&self.path, name, kind.decode(&bytes))
    }

    fn bytes(&self, start: u64, length: usize) -> Result<Vec<u8>, Error> {
        let mut file = File::open(&self.path).map_err(Error::io(&self.path))?;
        file.seek(SeekFrom::Start(self.data_start + start)).map_err(Error::io(&self.path))?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes).map_err(Error::io(&self.path))?;
        Ok(bytes)
    }

    fn info(&self, name: &str) -> Result<&safetensors::tensor::TensorInfo, Error> {
        self.metadata
            .info(name)
            .ok_or_else(|| Error::MissingTensor { path: self.path.clone(), name: name.to_owned() })
    }
}

fn number_kind(dtype: Dtype) -> Option<NumberKind> {
    match dtype {
        Dtype::F32 => Some(NumberKind::F32),
        Dtype::F16 => Some(NumberKind::F16),
        Dtype::BF16 => Some(NumberKind::Bf16),
        _ => None,
    }
}
