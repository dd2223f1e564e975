//! The texts of a BEIR folder for training on them: items in their order, and judged queries.

use std::path::Path;

use anyhow::Result;
use ess_core::Ids;
use ess_data::{Item, JudgedQuery, Judgements, cut_dev, read_qrels, read_records};
use ess_encoders::JudgedTexts;
use ess_metrics::Qrels;
use ess_train::Judgement;

use super::{beir_file::beir_file, beir_texts::BeirTexts};

/// All items of a folder, in its order.
pub(crate) struct CorpusTexts {
    pub(crate) ids: Ids,
    texts: Vec<String>,
}

impl CorpusTexts {
    /// Reads a folder. An item's text is its title and its text.
    ///
    /// # Errors
    /// When the file is missing, a line is no record, or an id stands twice.
    pub(crate) fn read(beir: &Path) -> Result<Self> {
        let items: Vec<Item> = read_records(beir_file(beir, "corpus.jsonl")?)?;
        let texts = items.iter().map(Item::title_and_text).collect();
        Ok(Self { ids: Ids::new(items.into_iter().map(|item| item.id).collect())?, texts })
    }

    /// The text of each row.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.texts.iter().map(String::as_str).collect()
    }
}

/// Judgements to train on and dev; without a file of its own, dev is that share of the training queries, cut off by the seed.
///
/// # Errors
/// When a file cannot be read, or there are too few queries to cut.
pub(crate) fn train_and_dev(train: &Path, dev: Option<&Path>, share: f64, seed: u64) -> Result<[Qrels; 2]> {
    let train = read_qrels(train)?;
    match dev {
        Some(dev) => Ok([train, read_qrels(dev)?]),
        None => {
            let (train, dev) = cut_dev(&train, share, seed)?;
            Ok([train, dev])
        }
    }
}

/// The judged queries that have a relevant item, by their ids and as texts.
///
/// # Errors
/// For a query or an item without a text.
pub(crate) fn judged<'t>(
    qrels: &Qrels,
    beir: &'t BeirTexts,
    items: &Ids,
) -> Result<(Vec<String>, JudgedTexts<'t>)> {
    let queries = Ids::new(qrels.queries().map(str::to_owned).collect())?;
    let joined = Judgements::join(qrels, &queries, items)?.with_positive()?;
    let names: Vec<String> =
        joined.query_rows().into_iter().map(|row| queries.as_slice()[row].clone()).collect();
    let of_query = |query: &JudgedQuery| {
        let judged = query.grades.iter();
        judged.map(|&(item, grade)| Judgement { item, grade }).collect()
    };
    let judgements = joined.queries().iter().map(of_query).collect();
    let texts = JudgedTexts::new(beir.queries(&names)?, judgements)?;
    Ok((names, texts))
}
