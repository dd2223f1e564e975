//! `ess train-cross-encoder`: a cross-encoder trained on the texts of a BEIR folder.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use ess_core::Ids;
use ess_encoders::{
    CrossEncoderTrainer, PairLoss, PairTexts, PairTrainingConfig, PairTrainingReport, TrainedCrossEncoder,
};
use ess_files::FolderLock;
use ess_metrics::Qrels;
use ess_train::TeacherScore;

use crate::{
    arguments::{paths, training_texts::TrainingTexts},
    data::{
        beir_texts::BeirTexts,
        judged_texts::{CorpusTexts, judged},
        model_folder::model_folder,
        ranked::Ranked,
    },
    output::{checkpoints::checkpoints, options::Output, with_report::save_with_report},
    settings::written::{from_object, written_text},
};

const EXAMPLES: &str = "\
Examples:
  # Negatives are the hits of a first pass that are not relevant, and dev queries are judged by how theirs are reordered.
  ess train-cross-encoder --model path/to/all-MiniLM-L6-v2 --beir my-beir --train my-beir/qrels/train.tsv --run bm25.run \
                          --out reranker
  ess rerank --model reranker --beir my-beir --run bm25.run --write-run reranked.run

  # A published cross-encoder, trained further on lists; negatives are any items.
  ess train-cross-encoder --model path/to/ms-marco-MiniLM-L6-v2 --beir my-beir --train my-beir/qrels/train.tsv \
                          --loss listwise --negatives-per-positive 7 --out reranker

  # After a larger one, whose scores `ess rerank` writes.
  ess train-cross-encoder --model path/to/MiniLM-L6 --beir my-beir --train my-beir/qrels/train.tsv --run bm25.run \
                          --loss teacher --teacher teacher.run --out small-reranker";

/// Train a cross-encoder on pairs of texts.
///
/// Pairs of a query and a relevant item, and of the query and negatives, are read together; a pair that is too long is cut at the item.
/// Training stops early on dev, by how the candidates of its queries are reordered. What is saved is the folder of a sequence
/// classification model with one label, which `ess rerank` takes as --model, and sentence-transformers too. A cross-encoder that was
/// trained further is saved as it was where dev does not show that it is better. training.json in the folder is the report.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The model to begin with, of the BERT family: a cross-encoder's folder, a sentence encoder's or a plain transformer's, which get a
    /// new head, or the name of one on the Hugging Face hub (build with --features hub).
    #[arg(long, value_name = "DIR|NAME")]
    model: String,
    #[command(flatten)]
    texts: TrainingTexts,
    /// A run with the candidates of training and dev queries: hits that are not relevant are negatives, and those of dev queries are
    /// reordered. Without it items are drawn at random.
    #[arg(long, value_name = "FILE", value_parser = paths::RUN.read())]
    run: Option<PathBuf>,
    /// What is minimised: binary (each pair by itself), listwise (softmax over a relevant item and its negatives) or teacher
    /// (divergence from a teacher's scores) [default: binary].
    #[arg(long, value_name = "LOSS", value_parser = ["binary", "listwise", "teacher"])]
    loss: Option<String>,
    /// A teacher's scores of items for the training queries, as a TREC run file, for --loss teacher.
    #[arg(long, value_name = "RUN", value_parser = paths::RUN.read())]
    teacher: Option<PathBuf>,
    /// Negatives beside the relevant item of a query in a step [default: 4].
    #[arg(long, value_name = "N")]
    negatives_per_positive: Option<usize>,
    /// A JSON file of all settings; flags given beside it win. The report has those of its run as `config`.
    #[arg(long, value_name = "FILE", value_parser = paths::TEXT_SETTINGS.read())]
    settings: Option<PathBuf>,
    /// Pairs are cut to so many tokens while training [default: the model's limit].
    #[arg(long, value_name = "TOKENS")]
    max_tokens: Option<usize>,
    /// The learning rate [default: 0.00002].
    #[arg(long)]
    learning_rate: Option<f64>,
    /// Queries a step [default: 16].
    #[arg(long)]
    batch_size: Option<usize>,
    /// The maximum number of steps [default: 100].
    #[arg(long)]
    max_steps: Option<usize>,
    /// The seed of every random step [default: 0].
    #[arg(long)]
    seed: Option<u64>,
    /// Saves what was trained even where dev does not show that it is better than the cross-encoder before: for comparison.
    #[arg(long)]
    unguarded: bool,
    /// Keep the state of training here, every 10 steps, and go on from what is there: the same command again, after it was
    /// interrupted, ends with the same cross-encoder.
    #[arg(long, value_name = "DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    checkpoint: Option<PathBuf>,
    /// The folder to save the cross-encoder in.
    #[arg(long, value_name = "DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    out: PathBuf,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let config = arguments.config()?;
    // Before the work, so that a second one is told at once and not after it.
    let mut out = FolderLock::acquire(&arguments.out)?;
    let checkpoints = arguments.checkpoint.as_ref().filter(|folder| **folder != arguments.out);
    let _checkpoints = checkpoints.map(|folder| FolderLock::acquire(folder)).transpose()?;
    let seed = config.seed;
    let trainer = arguments.trainer(config, output)?;
    let items = CorpusTexts::read(&arguments.texts.beir)?;
    let beir = BeirTexts::read(&arguments.texts.beir)?;
    let [train, dev] = arguments.texts.train_and_dev(seed)?;
    let (names, train) = arguments.pairs(&train, &beir, &items.ids)?;
    let train = arguments.taught(train, &names, &items.ids)?;
    let (_, dev) = arguments.pairs(&dev, &beir, &items.ids)?;
    let trained = trainer.fit(&items.texts(), &train, &dev)?;
    save(&trained, &mut out, arguments.unguarded)?;
    say(trained.report());
    say!("{}", arguments.out.display());
    output.write(trained.report())
}

/// Saves the cross-encoder and its report: what the guard returned, or what was trained.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn save(trained: &TrainedCrossEncoder<'_>, out: &mut FolderLock, unguarded: bool) -> Result<()> {
    save_with_report(out, trained.report(), |out, earlier| {
        // Where this fails, the model of before may be gone in part.
        earlier.forget();
        match unguarded {
            true => trained.save_trained_in(out)?,
            false => trained.save_in(out)?,
        }
        Ok(())
    })
}

fn say(report: &PairTrainingReport) {
    let tokens = report.step_tokens as f64 / report.step_seconds.max(1e-9);
    let (steps, seconds) = (report.points.len(), report.step_seconds);
    say!("{steps} steps in {seconds:.1} s, {tokens:.0} tokens a second; kept step {}", report.kept_step);
    let first = report.first_pass.map_or(String::new(), |first| format!(" (in the run's order {first:.4})"));
    say!("{} on dev {:.4}{first}", report.config.measure, report.dev);
    if let Some(guard) = &report.guard {
        say!("{}", guard.reason);
    }
}

impl Arguments {
    fn trainer(&self, config: PairTrainingConfig, output: &Output) -> Result<CrossEncoderTrainer> {
        let model = model_folder(&self.model, output.quiet)?;
        let trainer = CrossEncoderTrainer::new(model, config)?.with_progress(output.progress());
        Ok(match &self.checkpoint {
            Some(folder) => trainer.with_checkpoints(checkpoints(folder)?),
            None => trainer,
        })
    }

    /// The settings: defaults, then the file, then flags.
    fn config(&self) -> Result<PairTrainingConfig> {
        let mut config = match &self.settings {
            Some(path) => {
                let about = || format!("{}: not the settings of a cross-encoder's training", path.display());
                from_object(&written_text(path).with_context(about)?).with_context(about)?
            }
            None => PairTrainingConfig::default(),
        };
        if let Some(loss) = &self.loss {
            config.loss = serde_json::from_value(loss.as_str().into())?;
        }
        config.negatives_per_positive = self.negatives_per_positive.unwrap_or(config.negatives_per_positive);
        config.max_tokens = self.max_tokens.or(config.max_tokens);
        config.learning_rate = self.learning_rate.unwrap_or(config.learning_rate);
        config.batch_size = self.batch_size.unwrap_or(config.batch_size);
        config.max_steps = self.max_steps.unwrap_or(config.max_steps);
        config.seed = self.seed.unwrap_or(config.seed);
        config.check()?;
        let (learns, has) = (config.loss == PairLoss::Teacher, self.teacher.is_some());
        ensure!(has || !learns, "the loss `teacher` needs a teacher's scores: --teacher RUN");
        ensure!(learns || !has, "--teacher is for --loss teacher alone");
        Ok(config)
    }

    /// Judged queries with their candidates, and the queries' ids.
    fn pairs<'t>(
        &self,
        qrels: &Qrels,
        beir: &'t BeirTexts,
        items: &Ids,
    ) -> Result<(Vec<String>, PairTexts<'t>)> {
        let (names, texts) = judged(qrels, beir, items)?;
        let texts = PairTexts::new(texts);
        let Some(path) = &self.run else { return Ok((names, texts)) };
        let ranked = Ranked::read(path)?;
        let rows = |name: &String| -> Result<Vec<usize>> {
            Ok(ranked.rows(name, items)?.into_iter().map(|(row, _)| row).collect())
        };
        let candidates = names.iter().map(rows).collect::<Result<_>>()?;
        Ok((names, texts.with_candidates(candidates)?))
    }

    /// The training queries with a teacher's scores, where there is one.
    fn taught<'t>(&self, texts: PairTexts<'t>, names: &[String], items: &Ids) -> Result<PairTexts<'t>> {
        let Some(path) = &self.teacher else { return Ok(texts) };
        let teacher = Ranked::read(path)?;
        let scores = |name: &String| -> Result<Vec<TeacherScore>> {
            let known = teacher.run.get(name).is_some();
            ensure!(known, "{}: no scores of the training query {name:?}", path.display());
            let scored = teacher.rows(name, items)?.into_iter();
            Ok(scored.map(|(item, score)| TeacherScore { item, score }).collect())
        };
        Ok(texts.with_teacher(names.iter().map(scores).collect::<Result<_>>()?)?)
    }
}
