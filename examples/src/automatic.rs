//! Automatic choice, between files and reports.

use std::path::Path;

use anyhow::Result;
use burn::tensor::Device;
use ess_auto::{Auto, AutoConfig, AutoModule, AutoReport, AutoSearcher, Choice, Collection, TrainingQueries};
use ess_core::{Hit, Searcher};
use ess_metrics::Run;
use ess_train::Progress;

use crate::{BeirTexts, Dataset, JudgedQueries};

/// The hits a run keeps for each query.
const DEPTH: usize = 1000;

/// The items of a dataset, with their passages where they are stored and their words where there are texts.
///
/// # Errors
/// When an item has no text, and for passages that are not those of the items.
pub fn collection(dataset: &Dataset, texts: Option<&BeirTexts>, config: &AutoConfig) -> Result<Collection> {
    let mut collection = Collection::new(dataset.item_ids().clone(), dataset.items().clone())?;
    if let Some((passages, rows)) = dataset.passages()? {
        collection = collection.with_passages(passages, rows)?;
    }
    Ok(match texts {
        Some(texts) => collection.with_texts(&texts.items(dataset.item_ids())?, config.lexical)?,
        None => collection,
    })
}

/// Chooses from training queries, and dev queries where there are some.
///
/// # Errors
/// Those of [`Auto::fit`], and queries without a text.
pub fn choose(
    collection: &Collection,
    [train, dev]: [Option<&JudgedQueries>; 2],
    texts: Option<&BeirTexts>,
    config: &AutoConfig,
    journal: Option<&Path>,
    progress: Progress,
    device: &Device,
) -> Result<(AutoModule, AutoReport)> {
    let queries = |judged: &JudgedQueries| -> Result<TrainingQueries> {
        let queries = TrainingQueries::new(judged.set.clone());
        Ok(match texts {
            Some(texts) => {
                queries.with_texts(texts.queries(&judged.ids)?.into_iter().map(str::to_owned).collect())?
            }
            None => queries,
        })
    };
    let train = train.map(queries).transpose()?.ok_or_else(|| anyhow::anyhow!("no training queries"))?;
    let dev = dev.map(queries).transpose()?;
    let auto = Auto::new(config.clone())?.with_progress(progress).on(device);
    Ok(auto.fit(collection, &train, dev.as_ref(), journal)?)
}

/// Searches by embeddings alone or, given texts, by words as well.
///
/// # Errors
/// Those of the searcher, and queries without a text.
pub fn search_automatically(
    searcher: &AutoSearcher<'_>,
    collection: &Collection,
    queries: &JudgedQueries,
    texts: Option<&BeirTexts>,
    name: &str,
) -> Result<Run> {
    let (dense, k) = (queries.set.encodings(), DEPTH.min(collection.len()));
    let hits: Vec<Vec<Hit>> = match texts {
        Some(texts) => searcher.search(&collection.encode(dense, &texts.queries(&queries.ids)?)?, k)?,
        None => searcher.search(dense, k)?,
    };
    let mut run = Run::new(name);
    for (id, hits) in queries.ids.iter().zip(hits) {
        for hit in hits {
            run.insert(id, collection.ids().get(hit.item).unwrap_or_default(), hit.similarity)?;
        }
    }
    Ok(run)
}

/// A choice in words: the trial, the weights that are not 0, and why.
pub fn describe_choice(choice: &Choice) -> String {
    let Some(trial) = &choice.trial else {
        return format!("the frozen encoder: {}", choice.reason);
    };
    let weights = ess_auto::Signal::ALL.into_iter().filter_map(|signal| {
        let weight = choice.second.get(signal);
        let name = serde_json::to_value(signal).ok()?;
        (weight != 0.0).then(|| format!("{} {weight:.2}", name.as_str().unwrap_or_default()))
    });
    let weights: Vec<String> = weights.collect();
    format!("{trial}; {}; {}", weights.join(", "), choice.reason)
}
