//! Automatic choice, between files and reports.

use std::path::Path;

use anyhow::{Context, Result};
use burn::tensor::Device;
use ess_auto::{
    Auto, AutoConfig, AutoModule, AutoQueries, AutoReport, AutoSearcher, Choice, Collection, TrainingQueries,
};
use ess_core::{Searcher, TokenStates};
use ess_kit::{Dataset, JudgedQueries};
use ess_metrics::Run;
use ess_train::{Progress, QuerySet};

use crate::{
    data::{beir_texts::BeirTexts, dataset::say_unit_norm, further::FurtherData, parts::parts},
    settings::attached::read_settings,
};

/// What is looked at beside the embeddings, where it is given.
#[derive(Clone, Copy, Default)]
pub(crate) struct Beside<'a> {
    pub(crate) texts: Option<&'a BeirTexts>,
    /// What other encoders and systems say.
    pub(crate) further: Option<&'a FurtherData>,
}

impl<'a> From<Option<&'a BeirTexts>> for Beside<'a> {
    fn from(texts: Option<&'a BeirTexts>) -> Self {
        Self { texts, further: None }
    }
}

/// The settings: defaults, then those of a file or of a folder with a choice, then flags.
///
/// # Errors
/// When the settings cannot be read, or one is outside its range.
pub(crate) fn config(path: Option<&Path>, budget: Option<f64>, seed: Option<u64>) -> Result<AutoConfig> {
    let mut config = match path {
        Some(path) => serde_json::from_str(&read_settings(path)?)
            .with_context(|| format!("{}: not settings of automatic choice", path.display()))?,
        None => AutoConfig::default(),
    };
    config.budget_seconds = budget.unwrap_or(config.budget_seconds);
    config.seed = seed.unwrap_or(config.seed);
    config.check()?;
    Ok(config)
}

/// The items of a dataset: with their passages and the states of their tokens where these are stored, with their texts
/// and titles where there are texts, and by further encoders.
///
/// # Errors
/// When an item has no text or no further encoding, for passages that are not those of the items, and those of
/// [`Dataset::item_tokens`].
pub(crate) fn collection(dataset: &Dataset, beside: Beside<'_>, config: &AutoConfig) -> Result<Collection> {
    let mut collection = Collection::new(dataset.item_ids().clone(), dataset.items().clone())?;
    let parts = parts(dataset);
    if !parts.is_empty() {
        let parts: Vec<(&str, usize)> = parts.iter().map(|(name, dim)| (name.as_str(), *dim)).collect();
        collection = collection.with_parts(&parts)?;
    }
    if let Some(passages) = dataset.passages()? {
        say_unit_norm(&passages.provenance, &dataset.folder().join("passages.safetensors"));
        collection = collection.with_passages(passages.embeddings, passages.rows)?;
    }
    if let Some(tokens) = dataset.item_tokens()? {
        collection = collection.with_tokens(tokens)?;
    }
    if let Some(further) = beside.further {
        collection = further.with_items(collection)?;
    }
    if let Some(texts) = beside.texts {
        collection = collection.with_texts(&texts.items(dataset.item_ids())?, config.lexical)?;
        let titles = texts.titles(dataset.item_ids())?;
        if titles.iter().any(|title| !title.is_empty()) {
            collection = collection.with_titles(&titles)?;
        }
    }
    Ok(collection)
}

/// Queries to choose from: with the states of their tokens where these are stored, and with their lexical encodings where there are texts.
///
/// # Errors
/// For a query without a text.
pub(crate) fn training_queries(
    set: QuerySet,
    tokens: Option<TokenStates>,
    ids: &[String],
    texts: Option<&BeirTexts>,
) -> Result<TrainingQueries> {
    let mut queries = TrainingQueries::new(set);
    if let Some(tokens) = tokens {
        queries = queries.with_tokens(tokens)?;
    }
    if let Some(texts) = texts {
        let texts = texts.queries(ids)?.into_iter().map(str::to_owned);
        queries = queries.with_texts(texts.collect())?;
    }
    Ok(queries)
}

/// Chooses from training queries, and dev queries where there are some.
///
/// # Errors
/// Those of [`Auto::fit`], and queries without a text.
pub(crate) fn choose(
    collection: &Collection,
    [train, dev]: [Option<&JudgedQueries>; 2],
    beside: Beside<'_>,
    config: &AutoConfig,
    journal: Option<&Path>,
    progress: Progress,
    device: &Device,
) -> Result<(AutoModule, AutoReport)> {
    let queries = |judged: &JudgedQueries| {
        let queries = training_queries(judged.set.clone(), judged.tokens.clone(), &judged.ids, beside.texts)?;
        match beside.further {
            Some(further) => further.with_training_queries(queries, &judged.ids, collection.ids()),
            None => Ok(queries),
        }
    };
    let train = train.map(queries).transpose()?.ok_or_else(|| anyhow::anyhow!("no training queries"))?;
    let dev = dev.map(queries).transpose()?;
    let auto = Auto::new(config.clone())?.with_progress(progress).on(device);
    Ok(auto.fit(collection, &train, dev.as_ref(), journal)?)
}

/// Searches by embeddings alone or, given texts, lexically as well, and by what else is given.
///
/// # Errors
/// Those of the searcher, and queries without a text.
pub(crate) fn search_automatically(
    searcher: &AutoSearcher<'_>,
    collection: &Collection,
    queries: &JudgedQueries,
    beside: Beside<'_>,
    name: &str,
) -> Result<Run> {
    let (dense, k) = (queries.set.encodings(), queries.depth(collection.len()));
    let mut encoded = match beside.texts {
        Some(texts) => collection.encode(dense, &texts.queries(&queries.ids)?)?,
        None => AutoQueries::new(dense.clone()),
    };
    if let Some(further) = beside.further {
        encoded = further.with_queries(encoded, &queries.ids, collection.ids())?;
    }
    if let Some(tokens) = &queries.tokens {
        encoded = encoded.with_tokens(tokens.clone())?;
    }
    if queries.own_items.iter().any(Option::is_some) {
        encoded = encoded.with_left_out(queries.own_items.clone())?;
    }
    Ok(queries.run(name, collection.ids(), searcher.search(&encoded, k)?)?)
}

/// A choice in words: the trial, the weights that are not 0, and why.
pub(crate) fn describe_choice(choice: &Choice) -> String {
    let Some(trial) = &choice.trial else {
        return format!("the frozen encoder: {}", choice.reason);
    };
    let weights = choice.second.iter().filter(|(_, weight)| *weight != 0.0);
    let weights = weights.map(|(feature, weight)| format!("{feature} {weight:.2}"));
    let weights: Vec<String> = weights.collect();
    format!("{trial}; {}; {}", weights.join(", "), choice.reason)
}
