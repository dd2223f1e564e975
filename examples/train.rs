//! Trains a searching module on frozen embeddings and saves it.
//!
//! `cargo run --release --example train -- --embeddings DIR --train QRELS --module linear --out DIR`

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, ensure};
use clap::{
    ArgMatches, CommandFactory, FromArgMatches, Parser, builder::PossibleValuesParser, parser::ValueSource,
};
use ess_auto::{AutoConfig, AutoReport};
use ess_examples::{
    BeirTexts, DeviceChoice, JoinArguments, LossArguments, RunConfig, SETTINGS, SideArguments, choose,
    collection, describe_choice, judge_file, judge_file_as, open_dataset, read_settings, train_and_dev,
    write_json,
};
use ess_files::{FolderLock, remove_file};
use ess_kit::{Dataset, JudgedQueries, StoredEncoding};
use ess_search::{Attachments, ModuleState};
use ess_train::{Checkpoints, FitReport, Items, Progress, RecipeConfig, Returned, Trainer};
use serde::Serialize;

/// Train a searching module on frozen embeddings.
///
/// Training stops early on dev, and the identity (the frozen encoder's own ranking) is saved unless dev shows that the
/// trained module is better.
#[derive(Parser)]
#[command(name = "train")]
struct Arguments {
    /// A folder with queries.safetensors and corpus.safetensors. Kinds that read token states need them in the first.
    #[arg(long, value_name = "DIR")]
    embeddings: PathBuf,
    #[command(flatten)]
    join: JoinArguments,
    /// Training judgements, BEIR or TREC format.
    #[arg(long, value_name = "QRELS")]
    train: PathBuf,
    /// Dev judgements; without them, dev is cut from the training queries.
    #[arg(long, value_name = "QRELS")]
    dev: Option<PathBuf>,
    /// The share of training queries that becomes dev where there is no --dev.
    #[arg(long, default_value_t = 0.2, value_name = "SHARE", conflicts_with = "dev")]
    dev_share: f64,
    /// What is trained, with the default settings of its kind; `auto` chooses by itself [default: linear].
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    module: Option<String>,
    /// CPU-seconds that `auto` may spend, a run that was ended and goes on included [default: 120].
    #[arg(long, value_name = "SECONDS")]
    budget: Option<f64>,
    /// A BEIR folder with the texts, so that `auto` can search by words too.
    #[arg(long, value_name = "DIR")]
    beir: Option<PathBuf>,
    /// A JSON file {"module": {"kind": …}, "trainer": {…}}, or one of the trainer's settings alone; with `auto`, one of its
    /// settings. Flags given beside it win. Every run saves its own with the module, whose folder can be given here too.
    #[arg(long, value_name = "FILE|MODULE_DIR")]
    config: Option<PathBuf>,
    /// Trained feedback: kinds that read token states read so many items, which a first pass of the index found, in the place
    /// of tokens. Searching then asks the index twice.
    #[arg(long, value_name = "ITEMS")]
    feedback: Option<usize>,
    /// The learning rate [default: 0.001].
    #[arg(long)]
    learning_rate: Option<f64>,
    /// How the learning rate goes on after warm-up [default: constant].
    #[arg(long, value_name = "SCHEDULE", value_parser = ["constant", "linear", "cosine"])]
    schedule: Option<String>,
    /// Weight decay towards the identity [default: 20].
    #[arg(long)]
    weight_decay: Option<f32>,
    /// Queries a step [default: 1024].
    #[arg(long)]
    batch_size: Option<usize>,
    /// The most steps [default: 60].
    #[arg(long)]
    max_steps: Option<usize>,
    /// Train again on train and dev together once dev has chosen.
    #[arg(long)]
    refit: bool,
    /// The seed of every random step [default: 0].
    #[arg(long)]
    seed: Option<u64>,
    /// Where it is computed: cpu, wgpu (a GPU), wgpu:N (the one of this number) or auto (a GPU where there is one).
    #[arg(long, default_value = "cpu", value_name = "cpu|wgpu|wgpu:N|auto")]
    device: DeviceChoice,
    /// Keep the state of training here, every 10 steps, and go on from what is there: the same command again, after it was
    /// interrupted, ends with the same module.
    #[arg(long, value_name = "DIR")]
    checkpoint: Option<PathBuf>,
    /// The folder to save the module in. Its manifest holds the run's settings, which config.json shows; training.json is the
    /// report.
    #[arg(long, value_name = "MODULE_DIR")]
    out: PathBuf,
    /// Also write the report here (`-`: to standard output).
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// No progress bar and no report on the terminal.
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    loss: LossArguments,
    #[command(flatten)]
    sides: SideArguments,
}

/// Steps between two checkpoints.
const STEPS_BETWEEN_CHECKPOINTS: usize = 10;

/// What `--module` calls automatic choice.
const AUTO: &str = "auto";

fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(
        RecipeConfig::kinds().into_iter().chain(RecipeConfig::token_kinds()).chain([AUTO]),
    )
}

#[derive(Serialize)]
struct Report<'a> {
    module: &'a str,
    #[serde(flatten)]
    fit: &'a FitReport,
}

fn main() -> ExitCode {
    ess_examples::run(program)
}

fn program() -> Result<()> {
    let matches = Arguments::command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    if arguments.module.as_deref() == Some(AUTO) {
        refuse_flags_of_training(&matches)?;
        return choose_automatically(&arguments);
    }
    ensure!(
        arguments.budget.is_none() && arguments.beir.is_none(),
        "--budget and --beir belong to --module auto"
    );
    let config = config(&arguments)?;
    // Before the work, so that a second one is told at once and not after it.
    let mut out = FolderLock::acquire(&arguments.out)?;
    let checkpoints = arguments.checkpoint.as_ref().filter(|folder| **folder != arguments.out);
    let _checkpoints = checkpoints.map(|folder| FolderLock::acquire(folder)).transpose()?;
    let run = Run {
        arguments: &arguments,
        config: &config,
        dataset: open_dataset(&arguments.embeddings, arguments.join)?,
    };
    let (state, fit) = match config.module.reads_token_states() {
        true => run.train_on_token_states()?,
        false => run.train_on_embeddings()?,
    };

    let report = Report { module: config.module.kind(), fit: &fit };
    let settings = Attachments::default().with(SETTINGS, &config)?;
    save(&mut out, &report, |out| Ok(state.save_with(&settings, out)?))?;
    if let Some(path) = &arguments.json {
        write_json(path, &report)?;
    }
    if !arguments.quiet {
        describe(&fit, &arguments.out);
    }
    Ok(())
}

/// One run, its settings and data known.
struct Run<'a> {
    arguments: &'a Arguments,
    config: &'a RunConfig,
    dataset: Dataset,
}

impl Run<'_> {
    /// The searching module with what it does to the items, as data, and how they came about.
    fn train_on_embeddings(&self) -> Result<(ModuleState, FitReport)> {
        let (trainer, items, [train, dev]) = (self.trainer()?, self.items()?, self.queries()?);
        let (query_dim, item_dim) = (self.dataset.query_dim(), self.dataset.items().dim());
        let recipe = self.config.module.build(query_dim, item_dim, 0)?;
        Ok(match &self.config.sides {
            None => {
                let fitted = trainer.fit(&*recipe, &items, &train.set, &dev.set)?;
                (fitted.module.to_state()?, fitted.report)
            }
            Some(sides) => {
                let fitted = trainer.fit_sides(sides, &*recipe, &items, &train.set, &dev.set)?;
                (fitted.sides.to_state()?, fitted.report)
            }
        })
    }

    /// The same for a module that reads token states, which leaves the items as they are.
    fn train_on_token_states(&self) -> Result<(ModuleState, FitReport)> {
        let (module, item_dim) = (&self.config.module, self.dataset.items().dim());
        ensure!(
            self.config.sides.is_none(),
            "{} reads token states, and items are trained beside modules that read embeddings only",
            module.kind()
        );
        let token_dim = match self.config.feedback {
            Some(_) => self.dataset.query_dim(),
            None => self.dataset.token_dim()?,
        };
        let recipe = module.build_for_tokens(token_dim, item_dim, 0)?;
        let (trainer, items) = (self.trainer()?, self.items()?);
        let [train, dev] = match self.config.feedback {
            Some(depth) => {
                let [train, dev] = self.queries()?;
                let found = |queries: JudgedQueries| -> Result<_> {
                    Ok(queries.with_found_items(&self.dataset, items.index()?, depth)?)
                };
                [found(train)?, found(dev)?]
            }
            None => self.queries()?,
        };
        let fitted = trainer.fit(&*recipe, &items, &train.set, &dev.set)?;
        Ok((fitted.module.to_state()?, fitted.report))
    }

    fn trainer(&self) -> Result<Trainer> {
        let progress = if self.arguments.quiet { Progress::Silent } else { Progress::Bar };
        let trainer = Trainer::new(self.config.trainer.clone())?.with_progress(progress);
        Ok(match &self.arguments.checkpoint {
            Some(folder) => trainer.with_checkpoints(Checkpoints::new(folder, STEPS_BETWEEN_CHECKPOINTS)?),
            None => trainer,
        })
    }

    fn items(&self) -> Result<Items<'_>> {
        Ok(Items::new(self.dataset.items(), &self.arguments.device.open()?))
    }

    /// Train and dev.
    fn queries<E: StoredEncoding>(&self) -> Result<[JudgedQueries<E>; 2]> {
        let (arguments, dataset) = (self.arguments, &self.dataset);
        let [train, dev] = match &arguments.dev {
            Some(dev) => [judge_file_as(dataset, &arguments.train)?, judge_file_as(dataset, dev)?],
            None => train_and_dev(dataset, &arguments.train, arguments.dev_share, self.config.trainer.seed)?,
        };
        Ok([arguments.loss.teach(dataset, train)?, arguments.loss.teach(dataset, dev)?])
    }
}

/// Automatic choice has settings of its own, which `--config` gives.
fn refuse_flags_of_training(matches: &ArgMatches) -> Result<()> {
    const TAKEN: [&str; 13] = [
        "embeddings",
        "allow_missing",
        "train",
        "dev",
        "module",
        "budget",
        "beir",
        "config",
        "seed",
        "device",
        "out",
        "json",
        "quiet",
    ];
    for argument in Arguments::command().get_arguments() {
        let id = argument.get_id().as_str();
        let given =
            matches.try_contains_id(id).is_ok() && matches.value_source(id) == Some(ValueSource::CommandLine);
        let flag = argument.get_long().unwrap_or(id);
        ensure!(
            !given || TAKEN.contains(&id),
            "--{flag} does not belong to --module auto; its settings come by --config"
        );
    }
    Ok(())
}

/// Chooses a searching operation, with or without texts, and saves it.
fn choose_automatically(arguments: &Arguments) -> Result<()> {
    let mut config = match &arguments.config {
        Some(path) => read_auto_config(path)?,
        None => AutoConfig::default(),
    };
    config.budget_seconds = arguments.budget.unwrap_or(config.budget_seconds);
    config.seed = arguments.seed.unwrap_or(config.seed);
    config.check()?;
    let mut out = FolderLock::acquire(&arguments.out)?;
    let dataset = open_dataset(&arguments.embeddings, arguments.join)?;
    let train = judge_file(&dataset, &arguments.train)?;
    let dev = arguments.dev.as_ref().map(|path| judge_file(&dataset, path)).transpose()?;
    let texts = arguments.beir.as_ref().map(|folder| BeirTexts::read(folder)).transpose()?;
    let collection = collection(&dataset, texts.as_ref(), &config)?;
    let journal = arguments.out.join("journal.json");
    let progress = if arguments.quiet { Progress::Silent } else { Progress::Bar };
    let (queries, device) = ([Some(&train), dev.as_ref()], arguments.device.open()?);
    let (module, report) =
        choose(&collection, queries, texts.as_ref(), &config, Some(&journal), progress, &device)?;
    let settings = Attachments::default().with(SETTINGS, &config)?;
    save(&mut out, &report, |out| Ok(module.save_with(&settings, out)?))?;
    if let Some(path) = &arguments.json {
        write_json(path, &report)?;
    }
    if !arguments.quiet {
        describe_auto(&report, &arguments.out);
    }
    Ok(())
}

/// Saves a module, and the report of its run beside it.
fn save(
    out: &mut FolderLock,
    report: &impl Serialize,
    module: impl FnOnce(&mut FolderLock) -> Result<()>,
) -> Result<()> {
    let path = out.folder().join("training.json");
    // Gone before the module is replaced, so that it never is the report of another.
    remove_file(&path)?;
    module(out)?;
    write_json(&path, report)
}

fn read_auto_config(path: &Path) -> Result<AutoConfig> {
    serde_json::from_str(&read_settings(path)?)
        .with_context(|| format!("{}: not settings of automatic choice", path.display()))
}

fn describe_auto(report: &AutoReport, out: &Path) {
    ess_examples::say!(
        "{} training and {} dev queries, {} items; {:.1} CPU-s",
        report.train_queries,
        report.dev_queries,
        report.items,
        report.cpu_seconds
    );
    ess_examples::say!("{}", report.folds.reason);
    for trial in &report.trials {
        let found = trial.ndcg.iter().map(|(variant, ndcg)| format!("{variant:?} {ndcg:.4}"));
        let found = found.collect::<Vec<_>>().join(", ").to_lowercase();
        ess_examples::say!("tried {}: held-out nDCG@10 {found} ({:.1} CPU-s)", trial.name, trial.cpu_seconds);
    }
    for skipped in &report.skipped {
        ess_examples::say!("not tried: {}: {}", skipped.name, skipped.reason);
    }
    ess_examples::say!("by embeddings alone: {}", describe_choice(&report.dense));
    match &report.hybrid {
        Some(hybrid) => ess_examples::say!("by embeddings and words: {}", describe_choice(hybrid)),
        None => ess_examples::say!("without --beir there are no texts: the choice looks at embeddings alone"),
    }
    ess_examples::say!("saved the choice in {}", out.display());
}

/// The settings: defaults, then the file, then flags.
fn config(arguments: &Arguments) -> Result<RunConfig> {
    let mut config = match &arguments.config {
        Some(path) => RunConfig::read(path)?,
        None => RunConfig::default(),
    };
    if let Some(kind) = &arguments.module {
        config.module = RecipeConfig::named(kind)?;
    }
    let trainer = &mut config.trainer;
    arguments.loss.apply(trainer)?;
    trainer.learning_rate = arguments.learning_rate.unwrap_or(trainer.learning_rate);
    if let Some(schedule) = &arguments.schedule {
        trainer.schedule = serde_json::from_value(schedule.as_str().into())?;
    }
    trainer.weight_decay = arguments.weight_decay.unwrap_or(trainer.weight_decay);
    trainer.batch_size = arguments.batch_size.unwrap_or(trainer.batch_size);
    trainer.max_steps = arguments.max_steps.unwrap_or(trainer.max_steps);
    trainer.seed = arguments.seed.unwrap_or(trainer.seed);
    trainer.refit |= arguments.refit;
    trainer.check()?;
    config.sides = arguments.sides.apply(config.sides)?;
    config.feedback = arguments.feedback.or(config.feedback);
    config.check_feedback()?;
    Ok(config)
}

fn describe(report: &FitReport, out: &Path) {
    let guard = &report.guard;
    ess_examples::say!(
        "{} training and {} dev queries, {} items; {} parameters; {:.1} s",
        report.train_queries,
        report.dev_queries,
        report.items,
        report.parameters,
        report.seconds
    );
    if let Some(mined) = report.curves.iter().filter_map(|curve| curve.mining.last()).next_back() {
        ess_examples::say!(
            "negatives, last mined before step {}: {} taken; dropped {} by margin, {} by the teacher, {} relevant",
            mined.step,
            mined.taken,
            mined.dropped_by_margin,
            mined.dropped_by_teacher,
            mined.relevant
        );
    }
    for curve in &report.curves {
        let last = curve.points.last().map_or(0, |point| point.step);
        ess_examples::say!("kept step {} of {last} ({:.1} s)", curve.kept_step, curve.seconds);
    }
    for (setting, value) in &report.settings {
        ess_examples::say!("chosen on dev: {setting} {value:.3}");
    }
    ess_examples::say!("{}", guard.reason);
    let what = match guard.returned {
        Returned::Trained if report.refit.is_empty() => "the trained module",
        Returned::Trained => "the trained module, refitted on train and dev",
        Returned::Identity => "the identity",
    };
    ess_examples::say!("saved {what} in {}", out.display());
}
