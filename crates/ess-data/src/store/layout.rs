//! Where things stand in a store file, and the checks on its header.

use std::{collections::BTreeMap, ops::Range};

use safetensors::{Dtype as TensorDtype, tensor::Metadata, tensor::TensorInfo};
use serde::Serialize;

use crate::{Dtype, Provenance};

pub(super) const FORMAT: &str = "ess-embeddings";
pub(super) const VERSION: &str = "1";
/// A checksum covers this many bytes of the file; the last one what is left.
pub(super) const BLOCK_BYTES: usize = 1 << 20;
/// `xxh3-64:` and 16 digits.
pub(super) const CHECKSUM_BYTES: usize = 24;

const MAX_HEADER_BYTES: usize = 1 << 20;
const LENGTH_BYTES: usize = 8;
const DATA_ALIGNMENT: usize = 64;
const TENSORS: [&str; 4] = ["id_ends", "embeddings", "ids", "checksums"];

/// What was expected and what was found.
pub(super) type Mismatch = (String, String);

/// Byte ranges of the four tensors within the file, with the shape that they agree on.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) len: usize,
    pub(super) dim: usize,
    pub(super) dtype: Dtype,
    pub(super) provenance: Provenance,
    pub(super) id_ends: Range<usize>,
    pub(super) embeddings: Range<usize>,
    pub(super) ids: Range<usize>,
    pub(super) checksums: Range<usize>,
}

#[derive(Serialize)]
struct Header<'a> {
    #[serde(rename = "__metadata__")]
    metadata: BTreeMap<&'a str, String>,
    id_ends: TensorInfo,
    embeddings: TensorInfo,
    ids: TensorInfo,
    checksums: TensorInfo,
}

/// The bytes before the first tensor; `None` when the sizes overflow.
pub(super) fn header(
    len: usize,
    dim: usize,
    dtype: Dtype,
    id_bytes: usize,
    provenance: &Provenance,
) -> Option<Vec<u8>> {
    // The header holds the length of the checksums, which cover the header: grow until both agree.
    let mut blocks = 0;
    loop {
        let bytes = header_with_blocks(len, dim, dtype, id_bytes, provenance, blocks)?;
        let covered = bytes
            .len()
            .checked_add(len.checked_mul(8)?)?
            .checked_add(len.checked_mul(dim)?.checked_mul(dtype.size())?)?
            .checked_add(id_bytes)?;
        let needed = covered.div_ceil(BLOCK_BYTES);
        if needed <= blocks {
            return Some(bytes);
        }
        blocks = needed;
    }
}

fn header_with_blocks(
    len: usize,
    dim: usize,
    dtype: Dtype,
    id_bytes: usize,
    provenance: &Provenance,
    blocks: usize,
) -> Option<Vec<u8>> {
    let mut end = 0_usize;
    let mut tensor = |dtype, shape: Vec<usize>, bytes: usize| {
        let start = end;
        end = end.checked_add(bytes)?;
        Some(TensorInfo { dtype, shape, data_offsets: (start, end) })
    };
    let matrix_bytes = len.checked_mul(dim)?.checked_mul(dtype.size())?;
    let header = Header {
        metadata: BTreeMap::from([
            ("format", FORMAT.to_owned()),
            ("version", VERSION.to_owned()),
            ("provenance", serde_json::to_string(provenance).ok()?),
        ]),
        id_ends: tensor(TensorDtype::U64, vec![len], len.checked_mul(8)?)?,
        embeddings: tensor(tensor_dtype(dtype), vec![len, dim], matrix_bytes)?,
        ids: tensor(TensorDtype::U8, vec![id_bytes], id_bytes)?,
        checksums: tensor(
            TensorDtype::U8,
            vec![blocks, CHECKSUM_BYTES],
            blocks.checked_mul(CHECKSUM_BYTES)?,
        )?,
    };
    let mut json = serde_json::to_vec(&header).ok()?;
    json.resize((LENGTH_BYTES + json.len()).next_multiple_of(DATA_ALIGNMENT) - LENGTH_BYTES, b' ');
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.append(&mut json);
    Some(bytes)
}

fn tensor_dtype(dtype: Dtype) -> TensorDtype {
    match dtype {
        Dtype::F16 => TensorDtype::F16,
        Dtype::F32 => TensorDtype::F32,
    }
}

impl Layout {
    /// Reads and checks the header of a file; looks at nothing behind it, whatever the file's size.
    pub(super) fn read(file: &[u8]) -> Result<Self, Mismatch> {
        let (data_start, metadata) = read_metadata(file)?;
        let provenance = read_format(&metadata)?;
        if metadata.offset_keys() != TENSORS {
            return mismatch(
                format!("the tensors {}", TENSORS.join(", ")),
                metadata.offset_keys().join(", "),
            );
        }
        let [id_ends, embeddings, ids, checksums] = TENSORS.map(|name| metadata.info(name));
        let (Some(id_ends), Some(embeddings), Some(ids), Some(checksums)) =
            (id_ends, embeddings, ids, checksums)
        else {
            return mismatch("four tensors", "fewer");
        };
        let (dtype, len, dim) = matrix_shape(embeddings)?;
        expect_tensor("id_ends", id_ends, TensorDtype::U64, &[len])?;
        expect_tensor("ids", ids, TensorDtype::U8, &[ids.data_offsets.1 - ids.data_offsets.0])?;
        let range = |info: &TensorInfo| data_start + info.data_offsets.0..data_start + info.data_offsets.1;
        let blocks = range(checksums).start.div_ceil(BLOCK_BYTES);
        expect_tensor("checksums", checksums, TensorDtype::U8, &[blocks, CHECKSUM_BYTES])?;
        Ok(Self {
            len,
            dim,
            dtype,
            provenance,
            id_ends: range(id_ends),
            embeddings: range(embeddings),
            ids: range(ids),
            checksums: range(checksums),
        })
    }
}

fn read_metadata(file: &[u8]) -> Result<(usize, Metadata), Mismatch> {
    let Some((length, rest)) = file.split_first_chunk::<LENGTH_BYTES>() else {
        return mismatch("a safetensors file", format!("{} bytes", file.len()));
    };
    let length = u64::from_le_bytes(*length);
    let limit = rest.len().min(MAX_HEADER_BYTES);
    let length = match usize::try_from(length) {
        Ok(length) if length <= limit => length,
        _ => {
            return mismatch(
                format!("a header of at most {limit} bytes"),
                format!("{length} bytes announced"),
            );
        }
    };
    let metadata: Metadata = serde_json::from_slice(&rest[..length])
        .map_err(|error| ("a safetensors header".to_owned(), error.to_string()))?;
    let found = rest.len() - length;
    if metadata.data_len() != found {
        return mismatch(
            format!("{} bytes of data, as the header says", metadata.data_len()),
            format!("{found}"),
        );
    }
    Ok((LENGTH_BYTES + length, metadata))
}

fn read_format(metadata: &Metadata) -> Result<Provenance, Mismatch> {
    let entry = |name| metadata.metadata().as_ref().and_then(|entries| entries.get(name)).map(String::as_str);
    for (name, expected) in [("format", FORMAT), ("version", VERSION)] {
        let found = entry(name);
        if found != Some(expected) {
            return mismatch(format!("{name} {expected:?} in the metadata"), found.unwrap_or("none"));
        }
    }
    serde_json::from_str(entry("provenance").unwrap_or("{}"))
        .map_err(|error| ("provenance in the metadata".to_owned(), error.to_string()))
}

fn matrix_shape(embeddings: &TensorInfo) -> Result<(Dtype, usize, usize), Mismatch> {
    let dtype = match embeddings.dtype {
        TensorDtype::F16 => Dtype::F16,
        TensorDtype::F32 => Dtype::F32,
        other => return mismatch("embeddings of F16 or F32", format!("{other}")),
    };
    match embeddings.shape[..] {
        [len, dim] if len > 0 && dim > 0 => Ok((dtype, len, dim)),
        _ => mismatch("embeddings of shape [n, d], n and d at least 1", format!("{:?}", embeddings.shape)),
    }
}

fn expect_tensor(name: &str, info: &TensorInfo, dtype: TensorDtype, shape: &[usize]) -> Result<(), Mismatch> {
    if info.dtype == dtype && info.shape == shape {
        return Ok(());
    }
    mismatch(
        format!("{name} of {dtype} and shape {shape:?}"),
        format!("{} and shape {:?}", info.dtype, info.shape),
    )
}

fn mismatch<T>(expected: impl Into<String>, found: impl Into<String>) -> Result<T, Mismatch> {
    Err((expected.into(), found.into()))
}
