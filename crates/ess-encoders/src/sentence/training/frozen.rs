//! What is known before the first step: tokens of all texts and what the frozen encoder says of them.

use std::sync::Arc;

use ess_core::Embeddings;
use ess_train::{Items, MiningReport, QuerySet, TeacherScore, mine_negatives};

use super::{
    config::TextTrainingConfig, counted_encoder::CountedEncoder, frozen_items::FrozenItems,
    side_tokens::SideTokens,
};
use crate::{
    error::Error,
    sentence::side::Side,
    training::texts::{JudgedTexts, refuse_empty},
};

/// Tokens, frozen vectors and negatives.
pub(super) struct Frozen {
    pub(super) items: SideTokens,
    pub(super) train: SideTokens,
    pub(super) dev: SideTokens,
    pub(super) item_vectors: Arc<Embeddings>,
    pub(super) train_set: QuerySet,
    pub(super) dev_set: QuerySet,
    /// Negatives of each training query, given or mined; empty where none are wanted.
    pub(super) mined: Vec<Vec<usize>>,
    pub(super) mining: Vec<MiningReport>,
}

impl Frozen {
    /// Tokenises and encodes all texts, but for items that are known, and mines negatives where none were given.
    pub(super) fn of(
        encoder: &CountedEncoder<'_>,
        config: &TextTrainingConfig,
        known: Option<&FrozenItems>,
        items: &[&str],
        train: &JudgedTexts<'_>,
        dev: &JudgedTexts<'_>,
    ) -> Result<Self, Error> {
        refuse_empty("item", items)?;
        let parts = encoder.parts;
        let side = |texts: &[&str], side| SideTokens::of(&parts.encoder, texts, side);
        let (item_tokens, train_tokens) = (side(items, Side::Item)?, side(train.texts(), Side::Query)?);
        let dev_tokens = side(dev.texts(), Side::Query)?;
        let network = encoder.network(&parts.values);
        let vectors = |side: &SideTokens| encoder.vectors(&network, &side.all(), side.skipped);
        let train_set = QuerySet::new(vectors(&train_tokens)?, train.judgements().to_vec())?;
        let train_set = with_given(train_set, train, items.len())?;
        let item_vectors = match known {
            Some(known) => known.vectors(parts, &item_tokens, || vectors(&item_tokens))?,
            None => Arc::new(vectors(&item_tokens)?),
        };
        let dev_set = QuerySet::new(vectors(&dev_tokens)?, dev.judgements().to_vec())?;
        let searched = Items::new(&item_vectors, &burn::tensor::Device::flex());
        // Says which judgement is of an item that does not exist.
        ess_train::DevSet::new(&dev_set, &searched, config.measure)?;
        ess_train::DevSet::new(&train_set, &searched, config.measure)?;
        let (mined, mining) = match train.negatives() {
            Some(given) => (given.to_vec(), Vec::new()),
            None if config.negatives_per_query > 0 => {
                let (mined, report) = mine_negatives(&config.negatives, &train_set, &searched, config.seed)?;
                (mined, vec![report])
            }
            None => (Vec::new(), Vec::new()),
        };
        Ok(Self {
            items: item_tokens,
            train: train_tokens,
            dev: dev_tokens,
            item_vectors,
            train_set,
            dev_set,
            mined,
            mining,
        })
    }
}

/// The queries with the negatives and the teacher's scores that their texts came with; refuses those of items that do not exist.
fn with_given(mut queries: QuerySet, texts: &JudgedTexts<'_>, items: usize) -> Result<QuerySet, Error> {
    let reason = "there is no such item";
    if let Some(negatives) = texts.negatives() {
        for (query, of_query) in negatives.iter().enumerate() {
            if let Some(&item) = of_query.iter().find(|&&item| item >= items) {
                return Err(ess_train::Error::Negative { query, item, reason }.into());
            }
        }
        queries = queries.with_negatives(negatives.to_vec())?;
    }
    for (query, scores) in texts.teacher().iter().enumerate() {
        if let Some(&TeacherScore { item, score }) = scores.iter().find(|score| score.item >= items) {
            return Err(ess_train::Error::TeacherScore { query, item, score, reason }.into());
        }
    }
    match texts.teacher() {
        [] => Ok(queries),
        teacher => Ok(queries.with_teacher(teacher.to_vec())?),
    }
}
