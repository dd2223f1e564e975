//! The file of a set of relations.
//!
//! `ESSRELAT`, the version and the length of the header (u32, little-endian), the header (JSON), all numbers (f32, little-endian):
//! entities, relations, what they share, scale and shift before and after; at the end the checksum of all that is before it.

use std::path::Path;

use ess_files::{Checksum, kind_of, write_atomically};
use serde::{Deserialize, Serialize};

use super::mapping::Mapping;
use crate::{
    affine::Affine, error::Error, model::config::ModelConfig, names::Names, parameters::Parameters,
    rows::Rows,
};

const MAGIC: &[u8; 8] = b"ESSRELAT";
const VERSION: u32 = 1;
const PREFIX: usize = 16;
/// The length of a written checksum.
const CHECKSUM: usize = 24;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    model: ModelConfig,
    entities: Vec<String>,
    relations: Vec<String>,
    batch_norm: bool,
}

pub(super) fn write(
    path: &Path,
    config: &ModelConfig,
    [entities, relations]: [&Names; 2],
    mapping: &Mapping,
) -> Result<(), Error> {
    let header = Header {
        model: config.clone(),
        entities: entities.all().to_vec(),
        relations: relations.all().to_vec(),
        batch_norm: mapping.around.is_some(),
    };
    let header = serde_json::to_vec(&header).map_err(|cause| Error::io(path)(cause.into()))?;
    let Parameters { entities, relations, shared } = &mapping.parameters;
    let mut numbers = vec![entities.as_slice(), relations.as_slice(), shared];
    for affine in mapping.around.iter().flatten() {
        numbers.extend([affine.scale.as_slice(), &affine.shift]);
    }
    let mut bytes = Vec::from(*MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(header);
    bytes.extend(numbers.into_iter().flatten().flat_map(|number| number.to_le_bytes()));
    bytes.extend(Checksum::of(&bytes).to_string().into_bytes());
    Ok(write_atomically(path, |file| file.write_all(&bytes))?)
}

/// What a file has: settings, names of entities and relations, and f_r.
type Read = (ModelConfig, [Names; 2], Mapping);

pub(super) fn read(path: &Path) -> Result<Read, Error> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let damaged = |why: String| Error::Damaged { path: path.to_owned(), why };
    let format = |expected, found| Error::Format { path: path.to_owned(), expected, found };
    if !bytes.starts_with(MAGIC) {
        let found = kind_of(&bytes[..bytes.len().min(16)]).unwrap_or("another file").to_owned();
        return Err(format("a set of relations of ESS", found));
    }
    if bytes.len() < PREFIX + CHECKSUM {
        return Err(damaged(format!("only {} bytes", bytes.len())));
    }
    let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    if number(8) != VERSION {
        return Err(format("version 1", format!("version {}", number(8))));
    }
    let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
    let expected = Checksum::of(content).to_string();
    if checksum != expected.as_bytes() {
        return Err(damaged(format!("its content has the checksum {expected}, its end another")));
    }
    let content = &content[PREFIX..];
    let (header, numbers) = content
        .split_at_checked(number(12) as usize)
        .ok_or_else(|| damaged("the header is longer than the file".to_owned()))?;
    let header: Header = serde_json::from_slice(header).map_err(|cause| damaged(cause.to_string()))?;
    parts(header, numbers).map_err(|error| match error {
        Error::UnknownModel { .. } | Error::ModelName { .. } => error,
        error => damaged(error.to_string()),
    })
}

/// Names and numbers, which must be as many as the header asks for.
fn parts(header: Header, bytes: &[u8]) -> Result<Read, Error> {
    let model = header.model.build()?;
    let entities = Names::new("entity", header.entities)?;
    let relations = Names::new("relation", header.relations)?;
    let around = if header.batch_norm { [model.entity_dim(), model.item_dim()] } else { [0, 0] };
    let lengths = [
        entities.len().saturating_mul(model.entity_dim()),
        relations.len().saturating_mul(2).saturating_mul(model.relation_dim()),
        model.shared_len(),
        around[0],
        around[0],
        around[1],
        around[1],
    ];
    let expected = lengths.iter().fold(0, |sum: usize, &length| sum.saturating_add(length));
    Error::check_size("bytes of numbers", expected.saturating_mul(4), bytes.len())?;
    let mut numbers =
        bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    let parts = lengths.map(|length| numbers.by_ref().take(length).collect::<Vec<f32>>());
    let [of_entities, of_relations, shared, scale, shift, scale_after, shift_after] = parts;
    for (what, values) in [
        ("shared", &shared),
        ("scale", &scale),
        ("shift", &shift),
        ("scale", &scale_after),
        ("shift", &shift_after),
    ] {
        if let Some(column) = values.iter().position(|value| !value.is_finite()) {
            return Err(Error::NotFinite { what, row: 0, column });
        }
    }
    let around = header
        .batch_norm
        .then_some([Affine { scale, shift }, Affine { scale: scale_after, shift: shift_after }]);
    let parameters = Parameters {
        entities: Rows::from_vec(of_entities, model.entity_dim())?,
        relations: Rows::from_vec(of_relations, model.relation_dim())?,
        shared,
    };
    Ok((header.model, [entities, relations], Mapping { model, parameters, around }))
}

#[cfg(test)]
mod tests;
