//! Judgements made of a cross-encoder's scores.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use ess_core::{Link, Sigmoid};
use ess_data::{QrelsFormat, write_qrels};
use ess_metrics::{Qrels, Run};
use serde::Serialize;

use crate::arguments::paths;

/// Which scores become judgements.
#[derive(Args)]
pub(super) struct LabelArguments {
    /// Also write judgements of what was read, for `ess train`: relevant and not relevant by the two flags below, and none between
    /// them. Those of --qrels stay as they are, whatever the cross-encoder says.
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    pub(super) write_qrels: Option<PathBuf>,
    /// The least probability (the sigmoid of a score) of an item that is judged relevant.
    #[arg(long, default_value_t = 0.9, value_name = "PROBABILITY", requires = "write_qrels")]
    relevant_from: f64,
    /// The greatest probability of an item that is judged not relevant.
    #[arg(long, default_value_t = 0.1, value_name = "PROBABILITY", requires = "write_qrels")]
    irrelevant_to: f64,
}

/// How many judgements were made.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Labels {
    pub(super) relevant: usize,
    pub(super) irrelevant: usize,
    /// Pairs whose score lies between the two thresholds.
    pub(super) neither: usize,
}

impl LabelArguments {
    /// Refuses thresholds that are no probabilities, or that leave nothing apart.
    pub(super) fn check(&self) -> Result<()> {
        let apart =
            0.0 <= self.irrelevant_to && self.irrelevant_to < self.relevant_from && self.relevant_from <= 1.0;
        ensure!(
            apart,
            "--irrelevant-to {}, --relevant-from {}: expected probabilities, the first below the second",
            self.irrelevant_to,
            self.relevant_from
        );
        Ok(())
    }

    /// Writes the judgements, if they are wanted.
    pub(super) fn write(&self, scored: &Run, judged: Option<&Qrels>) -> Result<Option<Labels>> {
        let Some(path) = &self.write_qrels else { return Ok(None) };
        let (qrels, labels) = self.of(scored, judged)?;
        write_qrels(path, &qrels, QrelsFormat::Beir)?;
        Ok(Some(labels))
    }

    fn of(&self, scored: &Run, judged: Option<&Qrels>) -> Result<(Qrels, Labels)> {
        let mut qrels = judged.cloned().unwrap_or_default();
        let mut labels = Labels::default();
        let link = Sigmoid::new(1.0, 0.0)?;
        for query in scored.queries() {
            for (item, score) in scored.ranking(query) {
                let known = judged.and_then(|judged| judged.grade(query, item));
                let probability = f64::from(link.probability(score));
                if known.is_some() {
                    continue;
                } else if probability >= self.relevant_from {
                    qrels.insert(query, item, 1)?;
                    labels.relevant += 1;
                } else if probability <= self.irrelevant_to {
                    qrels.insert(query, item, 0)?;
                    labels.irrelevant += 1;
                } else {
                    labels.neither += 1;
                }
            }
        }
        Ok((qrels, labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(irrelevant_to: f64, relevant_from: f64) -> LabelArguments {
        LabelArguments { write_qrels: None, relevant_from, irrelevant_to }
    }

    #[test]
    fn scores_between_the_thresholds_judge_nothing_and_judgements_stay() {
        let mut scored = Run::new("teacher");
        for (item, score) in
            [("sure", 2.3), ("likely", 2.1), ("unlikely", -2.1), ("no", -2.3), ("judged", 9.0)]
        {
            scored.insert("q", item, score).unwrap();
        }
        let mut judged = Qrels::default();
        judged.insert("q", "judged", 0).unwrap();
        judged.insert("other", "kept", 2).unwrap();
        let (qrels, labels) = arguments(0.1, 0.9).of(&scored, Some(&judged)).unwrap();
        let grade = |item| qrels.grade("q", item);
        assert_eq!([grade("sure"), grade("no"), grade("judged")], [Some(1), Some(0), Some(0)]);
        assert_eq!([grade("likely"), grade("unlikely"), qrels.grade("other", "kept")], [None, None, Some(2)]);
        assert_eq!(labels, Labels { relevant: 1, irrelevant: 1, neither: 2 });
    }

    #[test]
    fn thresholds_are_probabilities_in_their_order() {
        for (low, high) in [(0.5, 0.5), (0.9, 0.1), (-0.1, 0.9), (0.1, 1.1), (f64::NAN, 0.9), (0.1, f64::NAN)]
        {
            assert!(arguments(low, high).check().is_err(), "{low} {high}");
        }
        arguments(0.0, 1.0).check().unwrap();
    }
}
