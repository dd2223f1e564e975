//! The last steps: encoders that learn from what the cross-encoder says.

use std::collections::HashSet;

use anyhow::Result;
use ess_data::{QrelsFormat, read_run, write_qrels};
use ess_files::FolderLock;
use ess_metrics::{Qrels, Run};
use ess_train::TeacherScore;

use super::{
    cross::scores,
    made::Made,
    recipe::Recipe,
    record::SCORES,
    step::Step,
    training::{Given, train},
};

/// The judgements of the step `augmented`.
const LABELS: &str = "labels.tsv";

/// Trains an encoder whose negatives are mined items of which the cross-encoder is sure that they are not relevant.
pub(super) fn denoised(recipe: &Recipe<'_>, lock: &mut FolderLock) -> Result<Made> {
    let train_qrels = &recipe.texts.train;
    let scores = scores(recipe, Step::Denoised, train_qrels.queries(), Some(train_qrels))?;
    let (negatives, labels) = recipe.settings.thresholds().judge(&scores, Some(train_qrels))?;
    let config = &recipe.settings.denoised;
    let give = |names: &[String]| not_relevant(recipe, names, &[&negatives]);
    let (mut made, _) = train(recipe, (Step::Denoised, config), train_qrels, give, lock)?;
    made.count("pairs read", scores.len());
    made.count("negatives", labels.irrelevant);
    made.count("hits dropped", labels.relevant + labels.neither);
    if labels.irrelevant == 0 {
        note!("note: step `denoised`: the cross-encoder is sure of no negative");
    }
    Ok(made)
}

/// Trains an encoder on the training queries and on those without judgements, of which the cross-encoder is sure.
pub(super) fn augmented(recipe: &Recipe<'_>, lock: &mut FolderLock) -> Result<Made> {
    let (texts, thresholds) = (&recipe.texts, recipe.settings.thresholds());
    let scores = scores(recipe, Step::Augmented, texts.unjudged.iter().map(String::as_str), None)?;
    let of_train = read_run(recipe.folder(Step::Denoised).join(SCORES))?;
    let (denoised, _) = thresholds.judge(&of_train, Some(&texts.train))?;
    // Judgements of training queries stay as they are: for these the cross-encoder gives negatives alone.
    let (all, labels) = thresholds.judge(&scores, Some(&texts.train))?;
    write_qrels(recipe.folder(Step::Augmented).join(LABELS), &all, QrelsFormat::Beir)?;
    let config = &recipe.settings.augmented;
    let give = |names: &[String]| not_relevant(recipe, names, &[&denoised, &all]);
    let (mut made, _) = train(recipe, (Step::Augmented, config), &all, give, lock)?;
    made.count("pairs read", scores.len());
    made.count("pseudo-labels relevant", labels.relevant);
    made.count("pseudo-labels not relevant", labels.irrelevant);
    if labels.relevant == 0 {
        note!(
            "note: step `augmented`: the cross-encoder is sure of no relevant item of a query without judgements"
        );
    }
    Ok(made)
}

/// Trains an encoder after the cross-encoder's scores of mined and judged items.
pub(super) fn distilled(recipe: &Recipe<'_>, lock: &mut FolderLock) -> Result<Made> {
    let train_qrels = &recipe.texts.train;
    let scores = read_run(recipe.folder(Step::Denoised).join(SCORES))?;
    let config = &recipe.settings.distilled;
    let give = |names: &[String]| taught(recipe, names, &scores);
    let (mut made, _) = train(recipe, (Step::Distilled, config), train_qrels, give, lock)?;
    made.count("pairs read", scores.len());
    Ok(made)
}

/// As negatives the items that these judgements call not relevant, each once for a query.
fn not_relevant(recipe: &Recipe<'_>, queries: &[String], judged: &[&Qrels]) -> Result<Given> {
    let of_query = |query: &String| -> Result<Vec<usize>> {
        let (mut rows, mut seen) = (Vec::new(), HashSet::new());
        for entries in judged.iter().filter_map(|qrels| qrels.get(query)) {
            for (item, _) in entries.iter().filter(|&(_, grade)| grade <= 0) {
                let row = recipe.texts.items.ids.row(item)?;
                if seen.insert(row) {
                    rows.push(row);
                }
            }
        }
        Ok(rows)
    };
    let negatives = queries.iter().map(of_query).collect::<Result<_>>()?;
    Ok(Given { negatives: Some(negatives), teacher: None })
}

/// All scores, and as negatives the scored items that are not relevant.
fn taught(recipe: &Recipe<'_>, queries: &[String], scores: &Run) -> Result<Given> {
    let (mut negatives, mut teacher) = (Vec::new(), Vec::new());
    for query in queries {
        let (mut others, mut scored) = (Vec::new(), Vec::new());
        for (item, score) in scores.ranking(query) {
            let row = recipe.texts.items.ids.row(item)?;
            scored.push(TeacherScore { item: row, score });
            if recipe.texts.train.grade(query, item).is_none_or(|grade| grade <= 0) {
                others.push(row);
            }
        }
        negatives.push(others);
        teacher.push(scored);
    }
    Ok(Given { negatives: Some(negatives), teacher: Some(teacher) })
}
