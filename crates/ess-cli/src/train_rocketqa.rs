//! `ess train-rocketqa`: RocketQA's recipe over the texts of a BEIR folder, step by step.

mod cross;
mod encoder;
mod learning;
mod made;
mod mining;
mod recipe;
mod record;
mod report;
mod settings;
mod step;
mod texts;
mod training;
mod work;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use anyhow::{Result, ensure};
use clap::Args;
use ess_encoders::FrozenItems;
use ess_files::FolderLock;

use crate::{
    arguments::{paths, training_texts::TrainingTexts},
    data::{model_folder::model_folder_of, model_name::model_name},
    output::options::Output,
};

use self::{
    recipe::{CrossModel, Model, Recipe},
    report::{LeftOut, Report},
    settings::RocketQaSettings,
    step::Step,
    texts::{TextFiles, Texts},
    work::completed,
};

const EXAMPLES: &str = "\
Examples:
  ess train-rocketqa --model path/to/all-MiniLM-L6-v2 --beir my-beir --train my-beir/qrels/train.tsv --out rocketqa
  ess encode --model rocketqa/augmented/item --beir my-beir --out my-beir/items
  ess encode --model rocketqa/augmented/query --beir my-beir --out my-beir/queries --queries-only

  # A published cross-encoder, no queries without judgements, and the test once all is done.
  ess train-rocketqa --model path/to/all-MiniLM-L6-v2 --cross-encoder path/to/ms-marco-MiniLM-L6-v2 --beir my-beir \\
                     --train my-beir/qrels/train.tsv --test my-beir/qrels/test.tsv \\
                     --steps two-towers,mined,denoised,distilled --out rocketqa";

/// Train an encoder by RocketQA's recipe.
///
/// Encoders are trained with the help of a cross-encoder (Qu et al. 2021), in steps. two-towers: on the items of large batches, whose
/// gradients are computed in bounded memory: the larger a batch, the nearer to the paper's negatives across batches.
/// mined: the first items of every query by that encoder. cross-encoder: trained with negatives among them. denoised: an encoder,
/// trained with those of them that the cross-encoder gives a low probability. augmented: an encoder, trained on queries without
/// judgements too, by what the cross-encoder is sure of. distilled: an encoder, trained after the cross-encoder's scores.
///
/// Every encoder is trained from --model. Each step has a folder of its name in --out, with what it made and, sealed, what it was made
/// of: the same command again goes on with the first step that is not complete, and with the training in it. A step whose settings,
/// texts or inputs are other ones runs again. Queries without judgements are those of queries.jsonl that neither the files given nor
/// those in qrels/ of the folder judge; all files there but hidden ones are read, and a folder among them is refused. Queries of
/// --test must be none of --train or --dev.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The model to begin with: a sentence-transformers folder of the BERT family, or the name of one on the Hugging Face hub
    /// (build with --features hub).
    #[arg(long, value_name = "DIR|NAME")]
    model: String,
    #[command(flatten)]
    texts: TrainingTexts,
    /// Judgements to measure on at the end: every encoder that there is then. Nothing is chosen on them.
    #[arg(long, value_name = "QRELS", value_parser = paths::QRELS.read())]
    test: Option<PathBuf>,
    /// A cross-encoder that was trained elsewhere, in the place of the step cross-encoder.
    #[arg(long, value_name = "DIR", value_parser = paths::CROSS_ENCODER.read())]
    cross_encoder: Option<PathBuf>,
    /// What the step cross-encoder begins with: a cross-encoder's folder, a sentence encoder's or a plain transformer's, or the name of
    /// one on the hub [default: that of --model].
    #[arg(long, value_name = "DIR|NAME", conflicts_with = "cross_encoder")]
    cross_encoder_from: Option<String>,
    /// The steps to run, in their own order; what they read of others has to be there [default: all but distilled, and
    /// but augmented where every query has judgements].
    #[arg(long, value_enum, value_name = "STEP,…", value_delimiter = ',')]
    steps: Vec<Step>,
    /// A JSON file of the recipe's settings, each training's among them; flags given beside it win. The report has those of its run
    /// as `settings`.
    #[arg(long, value_name = "FILE", value_parser = paths::TEXT_SETTINGS.read())]
    settings: Option<PathBuf>,
    /// The seed of every random step [default: 0].
    #[arg(long)]
    seed: Option<u64>,
    /// Saves what was trained even where dev does not show that it is better than the model before: for comparison.
    #[arg(long)]
    unguarded: bool,
    /// The folder that the steps have theirs in.
    #[arg(long, value_name = "DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    out: PathBuf,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let (settings, mut steps) = (arguments.settings()?, arguments.steps()?);
    // Before the work, so that a second one is told at once and not after it.
    let _out = FolderLock::acquire(&arguments.out)?;
    let mut recipe = arguments.recipe(settings, output)?;
    let left_out = arguments.left_out(&mut steps, &recipe.texts)?;
    recipe.plan(&steps)?;
    let mut ran = BTreeSet::new();
    for &step in &steps {
        if completed(&mut recipe, step)? {
            ran.insert(step);
        }
    }
    let report = Report::of(&recipe, &ran, left_out)?;
    say!("{}", report.in_words());
    output.write(&report)
}

impl Arguments {
    /// The settings: defaults, then the file, then flags.
    fn settings(&self) -> Result<RocketQaSettings> {
        let mut settings = match &self.settings {
            Some(path) => RocketQaSettings::read(path)?,
            None => RocketQaSettings::default(),
        };
        if let Some(seed) = self.seed {
            settings.seed_all(seed);
        }
        settings.unguarded |= self.unguarded;
        settings.check()?;
        Ok(settings)
    }

    /// The steps that are to run.
    fn steps(&self) -> Result<BTreeSet<Step>> {
        let given = self.cross_encoder.is_some();
        ensure!(
            !given || !self.steps.contains(&Step::CrossEncoder),
            "step `{}`: --cross-encoder gives one that is trained; --cross-encoder-from gives one to train",
            Step::CrossEncoder
        );
        let default = Step::ALL.into_iter().filter(|&step| step != Step::Distilled);
        Ok(match self.steps.is_empty() {
            false => self.steps.iter().copied().collect(),
            true => default.filter(|&step| !given || step != Step::CrossEncoder).collect(),
        })
    }

    /// Leaves out a default step that has nothing to learn from, and says so; one that was named is refused.
    fn left_out(&self, steps: &mut BTreeSet<Step>, texts: &Texts) -> Result<Vec<LeftOut>> {
        let step = Step::Augmented;
        if !texts.unjudged.is_empty() || !steps.contains(&step) {
            return Ok(Vec::new());
        }
        let reason = format!("no query of {} is without judgements", self.texts.beir.display());
        ensure!(self.steps.is_empty(), "step `{step}`: {reason}; leave it out of --steps");
        note!("note: step `{step}` is left out: {reason}");
        steps.remove(&step);
        Ok(vec![LeftOut { step, reason }])
    }

    fn recipe<'a>(&'a self, settings: RocketQaSettings, output: &'a Output) -> Result<Recipe<'a>> {
        let named = |flag: &str, name: &str| -> Result<Model> {
            let folder = model_folder_of(flag, name, output.quiet)?;
            Ok(Model { sum: model_name(name, &folder)?, folder })
        };
        let model = named("--model", &self.model)?;
        let cross = match (&self.cross_encoder, &self.cross_encoder_from) {
            (Some(folder), _) => CrossModel::Trained(named("--cross-encoder", &folder.to_string_lossy())?),
            (None, Some(name)) => CrossModel::From(named("--cross-encoder-from", name)?),
            (None, None) => CrossModel::From(model.clone()),
        };
        let files = TextFiles {
            beir: &self.texts.beir,
            train: &self.texts.train,
            dev: self.texts.dev.as_deref(),
            cut: (self.texts.dev_share, settings.seed),
            test: self.test.as_deref(),
            out: &self.out,
        };
        Ok(Recipe {
            model,
            cross,
            settings,
            texts: Texts::read(&files)?,
            out: &self.out,
            output,
            found: BTreeMap::new(),
            frozen_items: FrozenItems::default(),
            left: None,
        })
    }
}
