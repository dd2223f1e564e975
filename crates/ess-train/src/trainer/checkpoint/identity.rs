//! Which run a checkpoint belongs to.

use std::collections::BTreeMap;

use ess_core::{Embeddings, SearchModule};
use ess_files::Checksum;
use ess_search::DeviceEncoding;
use serde::{Deserialize, Serialize};

use super::parameters::Parameters;
use crate::{
    data::{items::Items, query_set::definition::QuerySet},
    error::Error,
    trainer::{config::TrainerConfig, sides::Sides, stop::Stop},
};

/// All that decides a run, part by part, as text or checksums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunIdentity(BTreeMap<String, String>);

impl RunIdentity {
    pub(crate) fn of<S: Sides>(
        config: &TrainerConfig,
        sides: &S,
        items: &Items<'_>,
        queries: &QuerySet<S::Encoding>,
        stop: &Stop<'_, '_, S::Encoding>,
    ) -> Result<Self, Error> {
        let (steps, dev) = match stop {
            Stop::OnDev(dev) => {
                (format!("until dev falls, at most {}", config.max_steps), of_queries(dev.queries())?)
            }
            Stop::After(steps) => (steps.to_string(), "none".to_owned()),
        };
        let start = of_numbers(&Parameters::of(sides)?.values);
        let parts = [
            ("settings", serde_json::to_string(config).unwrap_or_default()),
            ("module", format!("{}, starting from {start}", sides.describe()?)),
            ("steps", steps),
            ("training queries", of_queries(queries)?),
            ("dev queries", dev),
            ("items", of_embeddings(items.embeddings())),
        ];
        Ok(Self(parts.map(|(part, value)| (part.to_owned(), value)).into()))
    }

    /// The first part that is another one in `other`, with both.
    pub(super) fn difference(&self, other: &Self) -> Option<(String, String, String)> {
        self.0.iter().find_map(|(part, own)| {
            let found = other.0.get(part).cloned().unwrap_or_default();
            (found != *own).then(|| (part.clone(), own.clone(), found))
        })
    }
}

/// The checksum of numbers, piece by piece, so that memory stays bounded.
fn of_numbers(values: &[f32]) -> String {
    let piece = |values: &[f32]| {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Checksum::of(&bytes).to_string()
    };
    let pieces: Vec<String> = values.chunks(1 << 18).map(piece).collect();
    Checksum::of(pieces.concat().as_bytes()).to_string()
}

fn of_embeddings(embeddings: &Embeddings) -> String {
    format!("{} × {}, {}", embeddings.len(), embeddings.dim(), of_numbers(embeddings.as_slice()))
}

fn of_queries<E: DeviceEncoding>(queries: &QuerySet<E>) -> Result<String, Error> {
    let mut bytes = Vec::new();
    let mut push = |number: u64| bytes.extend_from_slice(&number.to_le_bytes());
    for judged in queries.judgements() {
        push(judged.len() as u64);
        judged
            .iter()
            .for_each(|judged| [judged.item as u64, judged.grade as u64].into_iter().for_each(&mut push));
    }
    for scores in queries.teacher() {
        push(scores.len() as u64);
        scores
            .iter()
            .for_each(|s| [s.item as u64, u64::from(s.score.to_bits())].into_iter().for_each(&mut push));
    }
    for items in queries.negatives() {
        push(items.len() as u64);
        items.iter().for_each(|&item| push(item as u64));
    }
    queries.weights().iter().for_each(|weight| push(u64::from(weight.to_bits())));
    queries.rows().into_iter().for_each(|row| push(row as u64));
    queries.left_out().iter().for_each(|item| push(item.map_or(0, |item| item as u64 + 1)));
    // The vectors that the encodings have in themselves; of a kind without such, their number must do.
    let encodings = queries.encodings();
    let identity = encodings.identity(encodings.dim());
    let vectors = identity.map(|identity| identity.apply(encodings)).transpose()?;
    let vectors =
        vectors.map_or_else(|| format!("{} rows", encodings.rows()), |vectors| of_embeddings(&vectors));
    Ok(format!("{vectors}, judgements {}", Checksum::of(&bytes)))
}
