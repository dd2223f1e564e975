//! Losses and negatives by flags.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Args, builder::PossibleValue};
use ess_core::Encoding;
use ess_data::read_run;
use ess_kit::{Dataset, JudgedQueries};
use ess_train::{Candidates, LossConfig, Recovery, TeacherScore, Term, TrainerConfig, WeightedSum};
use serde_json::{Value, json};

use super::{kind_parser::KindParser, paths};

/// What is minimised, by flags. Every flag wins over the settings file.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Loss")]
pub(crate) struct LossArguments {
    /// What is minimised, with its default settings [default: softmax]. A sum of losses is stated in --config.
    #[arg(long, value_parser = loss_names(), value_name = "LOSS")]
    loss: Option<String>,
    /// Which items compete with the relevant ones: all, in-batch, negatives, or the so many most similar.
    #[arg(long, value_name = "all|in-batch|negatives|N", value_parser = parse_candidates)]
    candidates: Option<Candidates>,
    /// What similarities are multiplied by [default: 30].
    #[arg(long)]
    scale: Option<f32>,
    /// By how much a relevant item must be more similar, in the triplet loss [default: 0.2].
    #[arg(long)]
    margin: Option<f32>,
    /// What a grade is worth: linear or exponential.
    #[arg(long, value_name = "GAIN", value_parser = ["linear", "exponential"])]
    gain: Option<String>,
    /// Adds a term that keeps mapped queries near the frozen ones, with this weight.
    #[arg(long, value_name = "WEIGHT")]
    recovery: Option<f32>,
    /// A teacher's scores, as a TREC run file, for losses that distil and for --negatives-teacher-margin.
    #[arg(long, value_name = "RUN", value_parser = paths::RUN.read())]
    teacher: Option<PathBuf>,
    #[command(flatten)]
    negatives: NegativesArguments,
}

/// How negatives are mined, by flags.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Negatives")]
struct NegativesArguments {
    /// Negatives of a query [default: 16].
    #[arg(long, value_name = "N")]
    negatives_per_query: Option<usize>,
    /// How many of the most similar items are skipped [default: 0].
    #[arg(long, value_name = "N")]
    negatives_skip: Option<usize>,
    /// How deep the ranking is looked at [default: 100].
    #[arg(long, value_name = "N")]
    negatives_depth: Option<usize>,
    /// Whether the top is taken or drawn from [default: top].
    #[arg(long, value_name = "SAMPLING", value_parser = ["top", "random"])]
    negatives_sampling: Option<String>,
    /// Steps between two minings; 0 to mine once [default: 10].
    #[arg(long, value_name = "STEPS")]
    negatives_refresh_every: Option<usize>,
    /// Drops items less than this below the most similar relevant item.
    #[arg(long, value_name = "MARGIN")]
    negatives_absolute_margin: Option<f32>,
    /// Drops items above this share below the most similar relevant item.
    #[arg(long, value_name = "SHARE")]
    negatives_relative_margin: Option<f32>,
    /// Drops items that the teacher scores less than this below its best score of a relevant item.
    #[arg(long, value_name = "MARGIN")]
    negatives_teacher_margin: Option<f32>,
}

/// The kinds of loss that need no settings, and the softmax over a batch, with what the table of losses says of each.
fn loss_names() -> KindParser {
    let value = |kind: &'static str, about: &'static str| PossibleValue::new(kind).help(about);
    let named = LossConfig::kinds().into_iter().filter(|kind| LossConfig::named(kind).is_ok());
    let kinds = named.map(|kind| value(kind, LossConfig::about(kind).unwrap_or_default()));
    let in_batch = value(LossConfig::IN_BATCH_SOFTMAX, "Softmax over the batch's own items");
    KindParser::new(kinds.chain([in_batch]))
}

fn loss_named(name: &str) -> Result<LossConfig> {
    match name {
        LossConfig::IN_BATCH_SOFTMAX => from_json(json!({"kind": "softmax", "candidates": "in_batch"})),
        kind => Ok(LossConfig::named(kind)?),
    }
}

fn parse_candidates(text: &str) -> Result<Candidates, String> {
    match text {
        "all" => Ok(Candidates::AllItems),
        "in-batch" => Ok(Candidates::InBatch),
        "negatives" => Ok(Candidates::Negatives),
        number => number
            .parse()
            .map(Candidates::Top)
            .map_err(|_| "expected all, in-batch, negatives or a number of items".to_owned()),
    }
}

impl LossArguments {
    /// Brings the flags into the settings.
    ///
    /// # Errors
    /// For a flag that the loss has no setting for.
    pub(crate) fn apply(&self, config: &mut TrainerConfig) -> Result<()> {
        if let Some(name) = &self.loss {
            config.loss = loss_named(name)?;
        }
        for (flag, number) in [("--scale", self.scale), ("--margin", self.margin)] {
            let finite = number.is_none_or(f32::is_finite);
            ensure!(finite, "{flag}: expected a finite number, found {}", number.unwrap_or_default());
        }
        let settings = [
            ("candidates", self.candidates.map(|candidates| json!(candidates))),
            ("scale", self.scale.map(|scale| json!(scale))),
            ("margin", self.margin.map(|margin| json!(margin))),
            ("gain", self.gain.as_ref().map(|gain| json!(gain))),
        ];
        let given = settings.into_iter().filter_map(|(name, value)| Some((name, value?)));
        for (name, value) in given {
            let with = with_setting(&config.loss, name, value);
            config.loss = with.with_context(|| format!("--{name} is no setting of this loss"))?;
        }
        if let Some(weight) = self.recovery {
            let main = Term { weight: 1.0, loss: std::mem::take(&mut config.loss) };
            let near = Term { weight, loss: LossConfig::of(Recovery::default()) };
            config.loss = LossConfig::of(WeightedSum { terms: vec![main, near] });
        }
        self.negatives.apply(config);
        Ok(())
    }

    /// Adds the teacher's scores to the queries of train and dev.
    ///
    /// # Errors
    /// When the run file cannot be read or names an item that has no embedding.
    pub(crate) fn teach<E: Encoding>(
        &self,
        dataset: &Dataset,
        [train, dev]: [JudgedQueries<E>; 2],
    ) -> Result<[JudgedQueries<E>; 2]> {
        let Some(path) = &self.teacher else { return Ok([train, dev]) };
        // Once for both: a pipe gives its lines once.
        let run = read_run(path)?;
        let scores_of = |query: &String| -> Result<Vec<TeacherScore>> {
            let score = |(item, score)| Ok(TeacherScore { item: dataset.item_ids().row(item)?, score });
            run.ranking(query).into_iter().map(score).collect()
        };
        let taught = |queries: JudgedQueries<E>| -> Result<JudgedQueries<E>> {
            let scores = queries.ids.iter().map(scores_of).collect::<Result<Vec<_>>>();
            let scores = scores.with_context(|| format!("{} does not fit the embeddings", path.display()))?;
            Ok(JudgedQueries { set: queries.set.with_teacher(scores)?, ..queries })
        };
        Ok([taught(train)?, taught(dev)?])
    }
}

impl NegativesArguments {
    fn apply(&self, config: &mut TrainerConfig) {
        let mut negatives = config.negatives.clone().unwrap_or_default();
        let was = negatives.clone();
        let set = |setting: &mut usize, flag: Option<usize>| *setting = flag.unwrap_or(*setting);
        set(&mut negatives.per_query, self.negatives_per_query);
        set(&mut negatives.skip, self.negatives_skip);
        set(&mut negatives.depth, self.negatives_depth);
        set(&mut negatives.refresh_every, self.negatives_refresh_every);
        negatives.absolute_margin = self.negatives_absolute_margin.or(negatives.absolute_margin);
        negatives.relative_margin = self.negatives_relative_margin.or(negatives.relative_margin);
        negatives.teacher_margin = self.negatives_teacher_margin.or(negatives.teacher_margin);
        match self.negatives_sampling.as_deref() {
            Some("random") => negatives.sampling = ess_train::Sampling::Random,
            Some(_) => negatives.sampling = ess_train::Sampling::Top,
            None => {}
        }
        if negatives != was {
            config.negatives = Some(negatives);
        }
    }
}

/// A loss with one setting replaced.
fn with_setting(loss: &LossConfig, name: &str, value: Value) -> Result<LossConfig> {
    let mut settings = serde_json::to_value(loss)?;
    settings[name] = value;
    from_json(settings)
}

fn from_json(settings: Value) -> Result<LossConfig> {
    Ok(serde_json::from_value(settings)?)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use ess_train::NegativesConfig;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        loss: LossArguments,
    }

    fn config(flags: &[&str]) -> Result<TrainerConfig> {
        let program = Program::try_parse_from([&["program"], flags].concat())?;
        let mut config = TrainerConfig::default();
        program.loss.apply(&mut config)?;
        Ok(config)
    }

    #[test]
    fn every_loss_is_named_and_builds() {
        for kind in LossConfig::kinds().into_iter().filter(|kind| *kind != "sum") {
            let found = config(&["--loss", kind]).unwrap();
            assert!(found.check().is_ok() && found.loss.kind() == kind, "{found:?}");
            assert_eq!(config(&["--loss", &kind.replace('_', "-")]).unwrap(), found);
        }
        let in_batch = config(&["--loss", "in-batch-softmax"]).unwrap();
        assert_eq!(in_batch, config(&["--candidates", "in-batch"]).unwrap());
        assert_eq!(config(&[]).unwrap(), TrainerConfig::default());
    }

    #[test]
    fn flags_become_settings_of_the_loss_and_of_negatives() {
        let found = config(&[
            "--loss",
            "lambda",
            "--candidates",
            "negatives",
            "--gain",
            "exponential",
            "--scale",
            "9",
        ]);
        let loss = found.unwrap().loss;
        let lambda = loss.settings::<ess_train::Lambda>().unwrap();
        assert_eq!((lambda.candidates, lambda.scale, lambda.cutoff), (Candidates::Negatives, 9.0, None));
        let found =
            config(&["--candidates", "50", "--recovery", "0.5", "--negatives-relative-margin", "0.1"])
                .unwrap();
        let sum = found.loss.settings::<WeightedSum>().unwrap();
        assert_eq!((sum.terms.len(), sum.terms[1].weight), (2, 0.5));
        assert_eq!(
            found.negatives,
            Some(NegativesConfig { relative_margin: Some(0.1), ..NegativesConfig::default() })
        );
    }

    #[test]
    fn a_flag_that_the_loss_has_no_setting_for_is_named() {
        let error = config(&["--loss", "triplet", "--scale", "2"]).unwrap_err();
        assert!(format!("{error:#}").contains("--scale is no setting of this loss"), "{error:#}");
        assert!(config(&["--candidates", "some"]).is_err());
        for flag in ["--scale", "--margin"] {
            let error = config(&["--loss", "triplet", flag, "nan"]).unwrap_err().to_string();
            assert_eq!(error, format!("{flag}: expected a finite number, found NaN"));
        }
    }
}
