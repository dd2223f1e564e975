//! The mean of the embeddings of a text's sentences.

use crate::{
    error::Error,
    sentence::{
        encoder::SentenceEncoder,
        representation::{
            chunks::splitter,
            kind::{Reading, RepresentationKind, TextStates},
            settings::Representation,
        },
    },
};

/// Every sentence ([`PassageSplitter`](crate::PassageSplitter)) is read by itself, so that none is cut off, and weighs the same.
pub(in super::super) struct Sentences;

impl RepresentationKind for Sentences {
    fn name(&self) -> &'static str {
        "sentences"
    }

    fn reads(&self) -> &'static [&'static str] {
        &["max_words"]
    }

    fn check(&self, settings: &Representation, _: &SentenceEncoder) -> Result<(), Error> {
        Ok(splitter(settings.max_words).check()?)
    }

    fn reading<'t>(&self, settings: &Representation, _: &SentenceEncoder, text: &'t str) -> Reading<'t> {
        match splitter(settings.max_words).split(text) {
            none if none.is_empty() => Reading::Whole,
            sentences => Reading::Pieces(sentences),
        }
    }

    fn vectors(&self, _: &Representation, states: &TextStates<'_>) -> Vec<Vec<f32>> {
        vec![states.pooled()]
    }
}
