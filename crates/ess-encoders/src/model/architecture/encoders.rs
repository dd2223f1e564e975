//! Architectures whose tokens see each other in both directions.

mod bert;
mod bert_family;
mod clip;
mod long_texts;

use super::definition::Architecture;
use bert::BERT;
use bert_family::{ALBERT, DEBERTA, DISTILBERT, ELECTRA, MPNET, ROBERTA};
use clip::{CLIP_IMAGE, CLIP_TEXT};
use long_texts::{GTE, JINA_BERT, MODERN_BERT, NOMIC_BERT};

pub(super) static ENCODERS: [Architecture; 13] = [
    BERT,
    ROBERTA,
    DISTILBERT,
    MPNET,
    ELECTRA,
    ALBERT,
    MODERN_BERT,
    DEBERTA,
    NOMIC_BERT,
    GTE,
    JINA_BERT,
    CLIP_TEXT,
    CLIP_IMAGE,
];
