//! Architectures whose tokens see each other in both directions.

mod bert;
mod bert_family;
mod clip;
mod long_texts;

use super::definition::Architecture;
use bert::BERT;
use bert_family::{ALBERT, DEBERTA, DISTILBERT, ELECTRA, MPNET, ROBERTA};
use clip::{CLIP_IMAGE, CLIP_TEXT};
use long_texts::{GTE, GTE_OF_TRANSFORMERS, JINA_BERT, JINA_BERT_POST_NORM, MODERN_BERT, NOMIC_BERT};

pub(super) static ENCODERS: [Architecture; 15] = [
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
    GTE_OF_TRANSFORMERS,
    JINA_BERT,
    JINA_BERT_POST_NORM,
    CLIP_TEXT,
    CLIP_IMAGE,
];
