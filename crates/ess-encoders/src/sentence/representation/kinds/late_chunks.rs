//! Passages that are pooled from the states of the whole text.

use crate::{
    error::Error,
    sentence::{
        encoder::SentenceEncoder,
        representation::{
            chunks::{check_overlap, check_poolings, chunk_vectors, default_overlap, splitter},
            kind::{Reading, RepresentationKind, TextStates},
            settings::Representation,
        },
    },
};

/// The text is read as a whole, and its tokens are pooled passage by passage afterwards (Günther, Mohr, Williams, Wang and Xiao
/// 2024, "Late chunking"): each passage's vector knows what stands around it.
pub(in super::super) struct LateChunks;

fn overlap(settings: &Representation, model: &SentenceEncoder) -> usize {
    settings.overlap.unwrap_or_else(|| default_overlap(model))
}

impl RepresentationKind for LateChunks {
    fn name(&self) -> &'static str {
        "late_chunks"
    }

    fn reads(&self) -> &'static [&'static str] {
        &["max_words", "overlap"]
    }

    fn check(&self, settings: &Representation, model: &SentenceEncoder) -> Result<(), Error> {
        splitter(settings.max_words).check()?;
        check_overlap(overlap(settings, model), model)?;
        check_poolings(model)
    }

    fn reading<'t>(&self, settings: &Representation, model: &SentenceEncoder, _: &'t str) -> Reading<'t> {
        Reading::Windows { overlap: overlap(settings, model) }
    }

    fn vectors(&self, settings: &Representation, states: &TextStates<'_>) -> Vec<Vec<f32>> {
        let passages = splitter(settings.max_words).ranges(states.text());
        // A passage without tokens says nothing, and has no part in the mean.
        chunk_vectors(states, &passages).into_iter().flatten().collect()
    }
}
