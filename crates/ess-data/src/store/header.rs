//! The bytes before the first tensor of a store file.

use std::collections::BTreeMap;

use safetensors::{Dtype as TensorDtype, tensor::TensorInfo};
use serde::Serialize;

use super::{
    layout::{
        BLOCK_BYTES, CHECKSUM_BYTES, DATA_ALIGNMENT, FORMAT, LENGTH_BYTES, PROMPT_TOKENS, RICH_VERSION,
        VERSION, tensor_dtype,
    },
    shape::Shape,
};
use crate::provenance::Provenance;

#[derive(Serialize)]
struct Header<'a> {
    #[serde(rename = "__metadata__")]
    metadata: BTreeMap<&'a str, String>,
    id_ends: TensorInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_ends: Option<TensorInfo>,
    embeddings: TensorInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_states: Option<TensorInfo>,
    ids: TensorInfo,
    checksums: TensorInfo,
}

impl Shape {
    /// The header; `None` when the sizes overflow.
    pub(super) fn header(&self, provenance: &Provenance) -> Option<Vec<u8>> {
        self.laid_out(provenance).map(|(header, _)| header)
    }

    /// The bytes of the whole file; `None` when the sizes overflow.
    pub(super) fn file_bytes(&self, provenance: &Provenance) -> Option<usize> {
        let (header, behind) = self.laid_out(provenance)?;
        header.len().checked_add(behind)
    }

    /// The header, and the bytes of all tensors behind it.
    fn laid_out(&self, provenance: &Provenance) -> Option<(Vec<u8>, usize)> {
        // The header holds the length of the checksums, which cover the header: grow until both agree.
        let mut blocks = 0;
        loop {
            let (bytes, covered) = self.with_blocks(provenance, blocks)?;
            let needed = bytes.len().checked_add(covered)?.div_ceil(BLOCK_BYTES);
            if needed <= blocks {
                return Some((bytes, covered.checked_add(blocks.checked_mul(CHECKSUM_BYTES)?)?));
            }
            blocks = needed;
        }
    }

    /// The header, and the bytes of the tensors that the checksums cover.
    fn with_blocks(&self, provenance: &Provenance, blocks: usize) -> Option<(Vec<u8>, usize)> {
        let mut end = 0_usize;
        let mut tensor = |dtype, size: usize, shape: Vec<usize>| {
            let bytes = shape.iter().try_fold(size, |bytes, side| bytes.checked_mul(*side))?;
            let start = end;
            end = end.checked_add(bytes)?;
            Some(TensorInfo { dtype, shape, data_offsets: (start, end) })
        };
        let (number, size) = (tensor_dtype(self.dtype), self.dtype.size());
        let id_ends = tensor(TensorDtype::U64, 8, vec![self.len])?;
        let token_ends = match self.tokens {
            Some(_) => Some(tensor(TensorDtype::U64, 8, vec![self.len])?),
            None => None,
        };
        let embeddings = tensor(number, size, vec![self.len, self.dim])?;
        let token_states = match self.tokens {
            Some(tokens) => Some(tensor(number, size, vec![tokens.count, tokens.dim])?),
            None => None,
        };
        let ids = tensor(TensorDtype::U8, 1, vec![self.id_bytes])?;
        let covered = ids.data_offsets.1;
        let checksums = tensor(TensorDtype::U8, 1, vec![blocks, CHECKSUM_BYTES])?;
        let metadata = self.metadata(provenance)?;
        let header = Header { metadata, id_ends, token_ends, embeddings, token_states, ids, checksums };
        let mut json = serde_json::to_vec(&header).ok()?;
        json.resize((LENGTH_BYTES + json.len()).next_multiple_of(DATA_ALIGNMENT) - LENGTH_BYTES, b' ');
        let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
        bytes.append(&mut json);
        Some((bytes, covered))
    }

    fn metadata(&self, provenance: &Provenance) -> Option<BTreeMap<&'static str, String>> {
        // What version 1 can say is written as version 1.
        let Provenance { layers, representations, similarity, assumed, inputs, precision, .. } = provenance;
        let more = [similarity, precision, inputs].into_iter().any(Option::is_some);
        let said = layers.is_some() || representations.is_some() || assumed.is_some() || more;
        let rich = self.tokens.is_some() || said;
        let mut metadata = BTreeMap::from([
            ("format", FORMAT.to_owned()),
            ("version", if rich { RICH_VERSION } else { VERSION }.to_owned()),
            ("provenance", serde_json::to_string(provenance).ok()?),
        ]);
        if let Some(tokens) = self.tokens {
            metadata.insert(PROMPT_TOKENS, tokens.prompt_tokens.to_string());
        }
        Some(metadata)
    }
}
