//! `ess train-encoder`: a sentence encoder trained on the texts of a BEIR folder.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use ess_encoders::{EncoderTrainer, TextTrainingConfig, TextTrainingReport, Towers, TrainedEncoder};
use ess_files::FolderLock;

use crate::{
    arguments::{paths, training_texts::TrainingTexts},
    data::{
        beir_texts::BeirTexts,
        judged_texts::{CorpusTexts, judged},
        model_folder::model_folder,
    },
    output::{checkpoints::checkpoints, options::Output, with_report::save_with_report},
    settings::written::{from_object, written_text},
};

const EXAMPLES: &str = "\
Examples:
  ess train-encoder --model path/to/all-MiniLM-L6-v2 --beir my-beir --train my-beir/qrels/train.tsv --out fine-tuned
  ess encode --model fine-tuned --beir my-beir --out my-beir/fine-tuned

  # Queries alone: items keep their vectors, and their index.
  ess train-encoder --model path/to/all-MiniLM-L6-v2 --beir my-beir --train my-beir/qrels/train.tsv --towers query \\
                    --out fine-tuned";

/// Train a sentence encoder on texts.
///
/// Training stops early on dev. The trained encoder is saved where dev shows that it is better than the frozen one, which is
/// saved otherwise; as a sentence-transformers folder, which encode takes as --model. With two towers they are the folders query
/// and item in it, with --towers query the folder query. training.json in it is the report.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The model to begin with: a sentence-transformers folder of the BERT family, or the name of one on the Hugging Face hub
    /// (build with --features hub).
    #[arg(long, value_name = "DIR|NAME")]
    model: String,
    #[command(flatten)]
    texts: TrainingTexts,
    /// Which encoders are trained: one for both sides, two that begin alike, or that of queries alone [default: shared].
    #[arg(long, value_name = "TOWERS", value_parser = ["shared", "two", "query"])]
    towers: Option<String>,
    /// A JSON file of all settings; flags given beside it win. The report has those of its run as `config`.
    #[arg(long, value_name = "FILE", value_parser = paths::TEXT_SETTINGS.read())]
    settings: Option<PathBuf>,
    /// Texts are cut to so many tokens while training [default: the model's limit].
    #[arg(long, value_name = "TOKENS")]
    max_tokens: Option<usize>,
    /// The learning rate [default: 0.00002].
    #[arg(long)]
    learning_rate: Option<f64>,
    /// Queries a step [default: 32].
    #[arg(long)]
    batch_size: Option<usize>,
    /// The maximum number of steps [default: 100].
    #[arg(long)]
    max_steps: Option<usize>,
    /// The seed of every random step [default: 0].
    #[arg(long)]
    seed: Option<u64>,
    /// Saves the trained encoder even where dev does not show that it is better: for comparison.
    #[arg(long)]
    unguarded: bool,
    /// Keep the state of training here, every 10 steps, and go on from what is there: the same command again, after it was
    /// interrupted, ends with the same encoder.
    #[arg(long, value_name = "DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    checkpoint: Option<PathBuf>,
    /// The folder to save the encoder in.
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
    let of = |qrels| judged(qrels, &beir, &items.ids);
    let ((_, train), (_, dev)) = (of(&train)?, of(&dev)?);
    let trained = trainer.fit(&items.texts(), &train, &dev)?;
    let folders = save(&trained, &mut out, arguments.unguarded)?;
    say(trained.report());
    folders.iter().for_each(|folder| say!("{}", folder.display()));
    output.write(trained.report())
}

/// Saves the encoder and its report, what the guard returned or what was trained, and gives the folders.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn save(
    trained: &TrainedEncoder<'_>,
    out: &mut FolderLock,
    unguarded: bool,
) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    save_with_report(out, trained.report(), |out, earlier| {
        // Where this fails, the encoder of before may be gone in part.
        earlier.forget();
        folders = match unguarded {
            true => trained.save_trained_in(out)?,
            false => trained.save_in(out)?,
        };
        Ok(())
    })?;
    Ok(folders)
}

fn say(report: &TextTrainingReport) {
    let tokens = report.step_tokens as f64 / report.step_seconds.max(1e-9);
    say!(
        "{} steps in {:.1} s, {tokens:.0} tokens a second; kept step {}",
        report.points.len(),
        report.step_seconds,
        report.kept_step
    );
    say!("{}", report.guard.reason);
}

impl Arguments {
    fn trainer(&self, config: TextTrainingConfig, output: &Output) -> Result<EncoderTrainer> {
        let model = model_folder(&self.model, output.quiet)?;
        let trainer = EncoderTrainer::new(model, config)?.with_progress(output.progress());
        Ok(match &self.checkpoint {
            Some(folder) => trainer.with_checkpoints(checkpoints(folder)?),
            None => trainer,
        })
    }

    /// The settings: defaults, then the file, then flags.
    fn config(&self) -> Result<TextTrainingConfig> {
        let mut config = match &self.settings {
            Some(path) => {
                let about = || format!("{}: not the settings of an encoder's training", path.display());
                from_object(&written_text(path).with_context(about)?).with_context(about)?
            }
            None => TextTrainingConfig::default(),
        };
        if let Some(towers) = &self.towers {
            config.towers = match towers.as_str() {
                "two" => Towers::Two,
                "query" => Towers::Query,
                _ => Towers::Shared,
            };
        }
        config.max_tokens = self.max_tokens.or(config.max_tokens);
        config.learning_rate = self.learning_rate.unwrap_or(config.learning_rate);
        config.batch_size = self.batch_size.unwrap_or(config.batch_size);
        config.max_steps = self.max_steps.unwrap_or(config.max_steps);
        config.seed = self.seed.unwrap_or(config.seed);
        config.check()?;
        Ok(config)
    }
}
