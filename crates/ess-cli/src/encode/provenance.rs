//! What stored embeddings say of where they come from.

use std::path::Path;

use anyhow::Result;
use ess_data::{Provenance, StoredRepresentation};
use ess_encoders::{RepresentationEncoder, SentenceEncoder, Tower};

use crate::data::{model_name::model_name, similarity_note::similarity_note};

/// The model's name and a checksum of its settings and weights, so that parts of another model are not taken for this one's.
pub(super) fn named(model: &str, folder: &Path) -> Result<Provenance> {
    let encoder = Some(model_name(model, folder)?);
    Ok(Provenance { encoder, ..Provenance::default() })
}

/// The model's name, where it is, and a checksum of the settings that decide its vectors, so that parts made with others are
/// not taken for this one's.
#[cfg(feature = "http")]
pub(super) fn hosted_provenance(encoder: &ess_encoders::HttpEncoder) -> Result<Provenance> {
    let config = encoder.config();
    let mut deciding = config.clone();
    (deciding.key_env, deciding.key_header, deciding.cache) = (None, None, None);
    deciding.limits = ess_encoders::HttpLimits::default();
    let sum = ess_files::Checksum::of(serde_json::to_string(&deciding)?.as_bytes());
    let cut = match config.max_text_chars {
        Some(chars) => format!("at most {chars} characters"),
        None => "all of it".to_owned(),
    };
    Ok(Provenance {
        encoder: Some(format!("{} by {} at {} {sum}", config.model, config.api, config.url)),
        normalized: Some(encoder.normalizes()).filter(|normalizes| *normalizes),
        similarity: Some(config.similarity.clone()),
        text: Some(cut),
        ..Provenance::default()
    })
}

/// What a model of sentences does with texts and vectors.
pub(super) fn described(provenance: &Provenance, encoder: &SentenceEncoder) -> Provenance {
    let name = |mode: &_| serde_json::to_value(mode).ok()?.as_str().map(str::to_owned);
    let poolings: Option<Vec<String>> = encoder.poolings().iter().map(name).collect();
    let assumed = encoder.assumptions().to_vec();
    Provenance {
        pooling: poolings.map(|names| names.join(" + ")),
        normalized: Some(encoder.normalizes()),
        similarity: encoder.similarity().map(str::to_owned),
        assumed: Some(assumed).filter(|assumed| !assumed.is_empty()),
        text: Some(format!("at most {} tokens", encoder.max_tokens())),
        ..provenance.clone()
    }
}

/// What one of a model's two encoders does with texts and vectors.
pub(super) fn described_tower(provenance: &Provenance, tower: &Tower) -> Provenance {
    if let Some(encoder) = tower.sentence() {
        return described(provenance, encoder);
    }
    let assumed = tower.assumptions().to_vec();
    Provenance {
        pooling: Some("mean".to_owned()),
        normalized: Some(tower.normalizes()),
        similarity: tower.similarity().map(str::to_owned),
        assumed: Some(assumed).filter(|assumed| !assumed.is_empty()),
        text: Some(match tower.max_tokens() {
            Some(tokens) => format!("at most {tokens} tokens"),
            None => "all of it".to_owned(),
        }),
        // No layer has weights to be kept at another.
        precision: None,
        ..provenance.clone()
    }
}

/// What stands in the rows of chosen representations.
pub(super) fn represent(provenance: &mut Provenance, encoder: &RepresentationEncoder) {
    let blocks = encoder.blocks();
    let stored = |block: &ess_encoders::RepresentedBlock| StoredRepresentation {
        name: block.representation.to_string(),
        space: block.space.clone(),
        dim: block.dim,
    };
    let is_one = blocks.len() == 1;
    provenance.representations = Some(blocks.iter().map(stored).collect());
    provenance.normalized = Some(encoder.has_unit_norm() && is_one);
    // Of several vectors in a row no cosine is meant.
    provenance.similarity = provenance.similarity.take().filter(|_| is_one);
}

/// What whoever uses the vectors must know of them; of the similarity only where rows are the model's vectors.
pub(super) fn notes(provenance: &[Provenance; 2], whole_rows: bool) -> Vec<String> {
    let [items, queries] = provenance;
    let mut notes: Vec<_> =
        [items, queries].into_iter().flat_map(|side| side.assumed.iter().flatten()).cloned().collect();
    notes.dedup();
    if items.normalized != Some(true) && whole_rows {
        notes.extend(similarity_note(items.similarity.as_deref()));
    }
    notes
}
