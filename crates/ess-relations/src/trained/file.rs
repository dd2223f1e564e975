//! The file of a set of relations: the header as JSON, and behind it all numbers (f32, little-endian): entities, relations, what
//! they share, scale and shift before and after.

use std::path::Path;

use ess_files::{Envelope, write_atomically};
use serde::{Deserialize, Serialize};

use super::mapping::Mapping;
use crate::{
    affine::Affine, error::Error, model::config::ModelConfig, names::Names, parameters::Parameters,
    rows::Rows,
};

const FORMAT: Envelope = Envelope::new(b"ESSRELAT", 1, "a set of relations of ESS").with_short_length();

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
    let numbers = numbers.into_iter().flatten().flat_map(|number| number.to_le_bytes());
    let bytes = FORMAT.seal(&header, |bytes| bytes.extend(numbers));
    Ok(write_atomically(path, |file| file.write_all(&bytes))?)
}

/// What a file has: settings, names of entities and relations, and f_r.
type Read = (ModelConfig, [Names; 2], Mapping);

pub(super) fn read(path: &Path) -> Result<Read, Error> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let damaged = |why: String| Error::Damaged { path: path.to_owned(), why };
    let (header, numbers) = FORMAT.open(&bytes).map_err(|error| match error {
        ess_files::Error::Bytes { expected, found } => {
            Error::Format { path: path.to_owned(), expected, found }
        }
        error => damaged(error.to_string()),
    })?;
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
