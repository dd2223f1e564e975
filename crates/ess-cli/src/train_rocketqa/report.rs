//! The report of the recipe.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde::Serialize;

use crate::output::table::Table;

use super::{
    encoder::{Encoder, EncoderFolders, MEASURE},
    recipe::Recipe,
    settings::RocketQaSettings,
    step::Step,
    training::start,
};

/// What came of all steps that are complete.
#[derive(Serialize)]
pub(super) struct Report<'r> {
    measure: &'static str,
    settings: &'r RocketQaSettings,
    train_queries: usize,
    dev_queries: usize,
    /// Queries that no file of judgements judges.
    unjudged_queries: usize,
    /// The encoder that the recipe began with.
    start: Start,
    steps: Vec<OfStep<'r>>,
    /// The default steps that there was nothing for.
    left_out: Vec<LeftOut>,
}

/// A default step that did not run, and why.
#[derive(Serialize)]
pub(super) struct LeftOut {
    pub(super) step: Step,
    pub(super) reason: String,
}

#[derive(Serialize)]
struct Start {
    dev: Option<f64>,
    test: Option<f64>,
}

#[derive(Serialize)]
struct OfStep<'r> {
    step: Step,
    /// Whether it ran now, or was complete before.
    ran: bool,
    dev: Option<f64>,
    test: Option<f64>,
    /// Whether dev showed that what was trained is better than what was before.
    better: Option<bool>,
    cpu_seconds: f64,
    counts: &'r BTreeMap<String, usize>,
}

impl<'r> Report<'r> {
    /// Measures on test, where there is one, the encoders of steps that were complete before; those of steps that ran have been
    /// measured while their items were encoded. Nothing reads these values but the report.
    pub(super) fn of(recipe: &'r Recipe<'_>, ran: &BTreeSet<Step>, left_out: Vec<LeftOut>) -> Result<Self> {
        let mut steps = Vec::new();
        for (&step, found) in &recipe.found {
            let encoders = recipe.training(step).map(|_| recipe.encoders(step));
            let (ran, made) = (ran.contains(&step), &found.made);
            let test = encoders.map(|encoders| on_test(recipe, made.test, &encoders)).transpose()?.flatten();
            let (dev, better, cpu_seconds) = (made.dev, made.better, found.cpu_seconds);
            steps.push(OfStep { step, ran, dev, test, better, cpu_seconds, counts: &made.counts });
        }
        let made = recipe.found.get(&Step::TwoTowers).map(|found| &found.made);
        let test = on_test(recipe, made.and_then(|made| made.start_test), &start(recipe))?;
        let start = Start { dev: made.and_then(|made| made.start), test };
        Ok(Self {
            measure: MEASURE,
            settings: &recipe.settings,
            train_queries: recipe.texts.train.queries().len(),
            dev_queries: recipe.texts.dev.queries().len(),
            unjudged_queries: recipe.texts.unjudged.len(),
            start,
            steps,
            left_out,
        })
    }

    /// The report as a table, with what it means.
    pub(super) fn in_words(&self) -> String {
        let mut table = Table::new(&["step", "ndcg@10 on dev", "on test", "CPU-seconds", "now"]);
        let value = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
        let (dev, test) = (value(self.start.dev), value(self.start.test));
        table.row(vec!["(the model given)".to_owned(), dev, test, String::new(), String::new()]);
        for row in &self.steps {
            let now = if row.ran { "ran" } else { "was complete" };
            let seconds = format!("{:.1}", row.cpu_seconds);
            let name = row.step.name().to_owned();
            table.row(vec![name, value(row.dev), value(row.test), seconds, now.to_owned()]);
        }
        for LeftOut { step, .. } in &self.left_out {
            let none = || "-".to_owned();
            table.row(vec![step.name().to_owned(), none(), none(), String::new(), "left out".to_owned()]);
        }
        format!(
            "{table}Encoders rank all items; a cross-encoder reorders those of the step `mined`. Nothing is chosen on test.\n"
        )
    }
}

/// What an encoder reaches on the test, where there is one: what is known of it, or else what is measured now.
fn on_test(recipe: &Recipe<'_>, known: Option<f64>, encoders: &EncoderFolders) -> Result<Option<f64>> {
    match (&recipe.texts.test, known) {
        (Some(test), None) => {
            let texts = &recipe.texts;
            Ok(Some(Encoder::open(encoders, texts)?.measure(texts, test)?))
        }
        (_, known) => Ok(known),
    }
}
