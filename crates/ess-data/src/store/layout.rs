//! Where things stand in a store file, and the checks on its header.

use std::ops::Range;

use ess_files::kind_of;
use safetensors::{Dtype as TensorDtype, tensor::Metadata, tensor::TensorInfo};

use super::shape::TokenShape;
use crate::{dtype::Dtype, provenance::Provenance};

pub(super) const FORMAT: &str = "ess-embeddings";
/// One vector a row.
pub(super) const VERSION: &str = "1";
/// Version 1 with token states, or with layers in the provenance.
pub(super) const RICH_VERSION: &str = "2";
pub(super) const PROMPT_TOKENS: &str = "prompt_tokens";
/// A checksum covers this many bytes of the file; the last one what is left.
pub(super) const BLOCK_BYTES: usize = 1 << 20;
/// `xxh3-64:` and 16 digits.
pub(super) const CHECKSUM_BYTES: usize = 24;

pub(super) const MAX_HEADER_BYTES: usize = 1 << 20;
pub(super) const LENGTH_BYTES: usize = 8;
pub(super) const DATA_ALIGNMENT: usize = 64;
const TENSORS: [&str; 4] = ["id_ends", "embeddings", "ids", "checksums"];
const RICH_TENSORS: [&str; 6] = ["id_ends", "token_ends", "embeddings", "token_states", "ids", "checksums"];

/// What was expected and what was found.
pub(super) type Mismatch = (String, String);

/// Byte ranges of the tensors within the file, with the shape that they agree on.
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
    pub(super) tokens: Option<TokenLayout>,
}

/// Where the token states of a store are.
#[derive(Debug)]
pub(super) struct TokenLayout {
    pub(super) shape: TokenShape,
    pub(super) ends: Range<usize>,
    pub(super) states: Range<usize>,
}

pub(super) fn tensor_dtype(dtype: Dtype) -> TensorDtype {
    match dtype {
        Dtype::F16 => TensorDtype::F16,
        Dtype::F32 => TensorDtype::F32,
    }
}

impl Layout {
    /// Reads and checks the header of a file; looks at nothing behind it, whatever the file's size.
    pub(super) fn read(file: &[u8]) -> Result<Self, Mismatch> {
        let (data_start, metadata) = read_metadata(file)?;
        let (version, provenance) = read_format(&metadata)?;
        let names = metadata.offset_keys();
        let rich = version == RICH_VERSION && names == RICH_TENSORS;
        if !rich && names != TENSORS {
            return mismatch(format!("the tensors {}", TENSORS.join(", ")), names.join(", "));
        }
        let [id_ends, embeddings, ids, checksums] = TENSORS.map(|name| metadata.info(name));
        let (Some(id_ends), Some(embeddings), Some(ids), Some(checksums)) =
            (id_ends, embeddings, ids, checksums)
        else {
            return mismatch("four tensors", "fewer");
        };
        let (dtype, len, dim) = matrix_shape("embeddings", embeddings, 1)?;
        expect_tensor("id_ends", id_ends, TensorDtype::U64, &[len])?;
        expect_tensor("ids", ids, TensorDtype::U8, &[ids.data_offsets.1 - ids.data_offsets.0])?;
        let range = |info: &TensorInfo| data_start + info.data_offsets.0..data_start + info.data_offsets.1;
        let blocks = range(checksums).start.div_ceil(BLOCK_BYTES);
        expect_tensor("checksums", checksums, TensorDtype::U8, &[blocks, CHECKSUM_BYTES])?;
        let tokens = if rich { Some(TokenLayout::read(&metadata, len, dtype, range)?) } else { None };
        Ok(Self {
            len,
            dim,
            dtype,
            provenance,
            id_ends: range(id_ends),
            embeddings: range(embeddings),
            ids: range(ids),
            checksums: range(checksums),
            tokens,
        })
    }
}

impl TokenLayout {
    fn read(
        metadata: &Metadata,
        len: usize,
        dtype: Dtype,
        range: impl Fn(&TensorInfo) -> Range<usize>,
    ) -> Result<Self, Mismatch> {
        let (Some(ends), Some(states)) = (metadata.info("token_ends"), metadata.info("token_states")) else {
            return mismatch("token_ends and token_states", "neither");
        };
        expect_tensor("token_ends", ends, TensorDtype::U64, &[len])?;
        let (found, count, dim) = matrix_shape("token_states", states, 0)?;
        if found != dtype {
            return mismatch(format!("token_states of {dtype}, as the embeddings"), found.to_string());
        }
        let prompt_tokens = entry(metadata, PROMPT_TOKENS).unwrap_or("none");
        let prompt_tokens = prompt_tokens
            .parse()
            .map_err(|_| (format!("a number as {PROMPT_TOKENS}"), format!("{prompt_tokens:?}")))?;
        let shape = TokenShape { count, dim, prompt_tokens };
        Ok(Self { shape, ends: range(ends), states: range(states) })
    }
}

fn read_metadata(file: &[u8]) -> Result<(usize, Metadata), Mismatch> {
    let mistaken = || kind_of(file).map(|kind| ("an embedding store".to_owned(), kind.to_owned()));
    let Some((length, rest)) = file.split_first_chunk::<LENGTH_BYTES>() else {
        if let Some(mistaken) = mistaken() {
            return Err(mistaken);
        }
        return mismatch("a safetensors file", format!("{} bytes", file.len()));
    };
    let length = u64::from_le_bytes(*length);
    let limit = rest.len().min(MAX_HEADER_BYTES);
    let length = match usize::try_from(length) {
        Ok(length) if length <= limit => length,
        _ => {
            return Err(mistaken().unwrap_or_else(|| {
                (format!("a header of at most {limit} bytes"), format!("{length} bytes announced"))
            }));
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

fn entry<'m>(metadata: &'m Metadata, name: &str) -> Option<&'m str> {
    metadata.metadata().as_ref().and_then(|entries| entries.get(name)).map(String::as_str)
}

fn read_format(metadata: &Metadata) -> Result<(&str, Provenance), Mismatch> {
    let expect = |name: &str, expected: &[&str]| match entry(metadata, name) {
        Some(found) if expected.contains(&found) => Ok(found),
        found => {
            mismatch(format!("{name} {} in the metadata", expected.join(" or ")), found.unwrap_or("none"))
        }
    };
    expect("format", &[FORMAT])?;
    let version = expect("version", &[VERSION, RICH_VERSION])?;
    let provenance = entry(metadata, "provenance").unwrap_or("{}");
    // Serde would take the entries of an array for the fields, in their order.
    if !provenance.trim_ascii_start().starts_with('{') {
        return mismatch("provenance in the metadata, a JSON object", "something else");
    }
    let provenance = serde_json::from_str(provenance)
        .map_err(|error| ("provenance in the metadata".to_owned(), error.to_string()))?;
    Ok((version, provenance))
}

fn matrix_shape(name: &str, matrix: &TensorInfo, least: usize) -> Result<(Dtype, usize, usize), Mismatch> {
    let dtype = match matrix.dtype {
        TensorDtype::F16 => Dtype::F16,
        TensorDtype::F32 => Dtype::F32,
        other => return mismatch(format!("{name} of F16 or F32"), format!("{other}")),
    };
    match matrix.shape[..] {
        [len, dim] if len >= least && dim > 0 => Ok((dtype, len, dim)),
        _ => mismatch(
            format!("{name} of shape [n, d], n at least {least} and d at least 1"),
            format!("{:?}", matrix.shape),
        ),
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
