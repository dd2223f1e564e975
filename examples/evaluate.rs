//! Measures searching modules against the frozen encoder.
//!
//! `cargo run --release --example evaluate -- --embeddings DIR --qrels QRELS --module MODULE_DIR`

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use clap::Parser;
use ess_auto::{AutoConfig, AutoModule};
use ess_core::{Identity, TokenStates};
use ess_data::write_run;
use ess_examples::{
    BeirTexts, Dataset, DeviceChoice, GroupGain, JudgedQueries, Leakage, MEASURES, RunConfig, Table,
    collection, evaluate, near_duplicates, search, search_automatically, write_json,
};
use ess_index::FlatIndex;
use ess_metrics::{Bootstrap, Comparison, Evaluation, Run, Significance, compare};
use ess_search::{ItemSide, ModuleState, PersistentModule, Registry, TwoSided};
use indicatif::ProgressBar;
use serde::Serialize;

/// Measure the frozen encoder and trained searching modules on judged queries.
///
/// Measures are trec_eval's. Intervals are 95 % bootstrap intervals over queries; differences are paired, with the
/// p-value of a randomisation test.
#[derive(Parser)]
#[command(name = "evaluate")]
struct Arguments {
    /// A folder with queries.safetensors and corpus.safetensors.
    #[arg(long, value_name = "DIR")]
    embeddings: PathBuf,
    /// The judgements, BEIR or TREC format.
    #[arg(long, value_name = "QRELS")]
    qrels: PathBuf,
    /// A saved searching module; may be given several times.
    #[arg(long, value_name = "MODULE_DIR")]
    module: Vec<PathBuf>,
    /// A BEIR folder with the texts that an automatic choice searches by words; without it, embeddings alone count.
    #[arg(long, value_name = "DIR")]
    beir: Option<PathBuf>,
    /// Judgements that were trained on; gains are then also given apart for queries with a relevant item that training
    /// knew and for the others. May be given several times, for train and dev.
    #[arg(long, value_name = "QRELS")]
    train: Vec<PathBuf>,
    /// Write the last module's hits (the frozen encoder's without one) as a TREC run file.
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
    /// Where it is computed: cpu, wgpu (a GPU), wgpu:N (the one of this number) or auto (a GPU where there is one).
    #[arg(long, default_value = "cpu", value_name = "cpu|wgpu|wgpu:N|auto")]
    device: DeviceChoice,
    /// The seed of the bootstrap and of the randomisation test.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Write the results as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Results {
    systems: BTreeMap<String, BTreeMap<String, Value>>,
    comparisons: Vec<Comparison>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leakage: Option<Leaked>,
}

/// How much of the test queries training knew, and what each module gains on which of them.
#[derive(Serialize)]
struct Leaked {
    seen: usize,
    unseen: usize,
    near_duplicates: usize,
    /// nDCG@10 less the first system's, on seen and on unseen queries.
    gains: BTreeMap<String, [Option<GroupGain>; 2]>,
}

#[derive(Serialize)]
struct Value {
    mean: f64,
    ci95: [f64; 2],
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let dataset = Dataset::open(&arguments.embeddings)?;
    let queries = dataset.judge_file(&arguments.qrels)?;
    let systems = systems(&arguments, &dataset)?;
    let (evaluations, last_run) = measure(arguments.beir.as_deref(), &dataset, &queries, &systems)?;
    if let Some(path) = &arguments.run {
        write_run(path, &last_run)?;
    }
    let mut results = results(&evaluations, arguments.seed)?;
    if !arguments.train.is_empty() {
        results.leakage = Some(leaked(&arguments, &dataset, &queries, &evaluations)?);
    }
    print(&results, &evaluations, queries.ids.len());
    match &arguments.json {
        Some(path) => write_json(path, &results),
        None => Ok(()),
    }
}

type Systems = Vec<(String, System)>;

/// What is measured.
enum System {
    Module(TwoSided),
    /// A module that reads token states.
    OverTokens(Box<dyn PersistentModule<TokenStates>>),
    /// A module that reads so many items of a first pass.
    Feedback(Box<dyn PersistentModule<TokenStates>>, usize),
    /// What was chosen automatically, and whether it may look at texts.
    Auto {
        module: Box<AutoModule>,
        words: bool,
    },
}

/// The frozen encoder, where there is one, and the modules by name.
fn systems(arguments: &Arguments, dataset: &Dataset) -> Result<Systems> {
    let (query_dim, item_dim) = (dataset.query_dim(), dataset.items().dim());
    let device = arguments.device.open()?;
    let mut systems: Systems = Vec::new();
    if query_dim == item_dim {
        let frozen = TwoSided::new(Box::new(Identity::new(item_dim)), ItemSide::Frozen)?;
        systems.push(("frozen".to_owned(), System::Module(frozen)));
    }
    for folder in &arguments.module {
        let (dims, loaded) = match AutoModule::load(folder)? {
            Some(module) => ((module.dim(), module.dim()), autos(module, arguments.beir.is_some())),
            None => {
                let (dims, system) = load(folder, &device)?;
                (dims, vec![("", system)])
            }
        };
        let query_dim = match loaded[..] {
            [(_, System::OverTokens(_))] => dataset.token_dim()?,
            _ => query_dim,
        };
        ensure!(
            dims == (query_dim, item_dim),
            "{}: the module maps {} to {} dimensions, but queries have {query_dim} and items {item_dim}",
            folder.display(),
            dims.0,
            dims.1,
        );
        let short = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        for (suffix, system) in loaded {
            let taken = |name: &String| systems.iter().any(|(other, _)| other == name);
            let short = short.as_ref().map(|name| format!("{name}{suffix}"));
            let name =
                short.filter(|name| !taken(name)).unwrap_or_else(|| format!("{}{suffix}", folder.display()));
            ensure!(!taken(&name), "{name} is given twice");
            systems.push((name, system));
        }
    }
    ensure!(
        !systems.is_empty(),
        "queries have {query_dim} dimensions and items {item_dim}: without a --module there is nothing to measure"
    );
    Ok(systems)
}

/// A module and its dimensions. Kinds that read token states have a registry of their own.
fn load(folder: &Path, device: &Device) -> Result<((usize, usize), System)> {
    let state = ModuleState::load(folder)?;
    let sides = TwoSided::from_state(&state, &Registry::default(), device);
    if matches!(sides, Err(ess_search::Error::UnknownKind { .. }))
        && let Ok(module) = Registry::token_states().build(&state, device)
    {
        let dims = (module.query_dim(), module.item_dim());
        return Ok(match feedback(folder)? {
            Some(depth) => (dims, System::Feedback(module, depth)),
            None => (dims, System::OverTokens(module)),
        });
    }
    let sides = sides?;
    Ok(((sides.query_side().query_dim(), sides.item_dim()), System::Module(sides)))
}

/// How many items of a first pass a module was trained on, by the settings that `train` keeps beside it.
fn feedback(folder: &Path) -> Result<Option<usize>> {
    let settings = folder.join("config.json");
    if !settings.is_file() {
        return Ok(None);
    }
    Ok(RunConfig::read(&settings)?.feedback)
}

/// A choice by embeddings alone and, where there are texts and it was chosen with texts, the one by words as well.
fn autos(module: AutoModule, texts: bool) -> Vec<(&'static str, System)> {
    let module = Box::new(module);
    let mut systems = vec![(" (dense)", System::Auto { module: module.clone(), words: false })];
    if texts && module.hybrid().is_some() {
        systems.push((" (hybrid)", System::Auto { module, words: true }));
    }
    systems
}

fn measure(
    beir: Option<&Path>,
    dataset: &Dataset,
    queries: &JudgedQueries,
    systems: &Systems,
) -> Result<(Vec<(String, Evaluation)>, Run)> {
    let index = FlatIndex::new(dataset.items().clone())?;
    let bar = ProgressBar::new(systems.len() as u64);
    let (mut evaluations, mut last) = (Vec::new(), Run::default());
    let texts = beir.map(BeirTexts::read).transpose()?;
    for (name, system) in systems {
        last = match system {
            System::Module(sides) => {
                // Items that were trained are indexed again; no encoder runs.
                let moved =
                    sides.map_items(dataset.items()).with_context(|| format!("the items of {name}"))?;
                let own = moved.map(FlatIndex::new).transpose()?;
                search(dataset, own.as_ref().unwrap_or(&index), queries, name, &sides.query_side())?
            }
            System::OverTokens(module) => {
                let queries: JudgedQueries<TokenStates> = dataset.judge_as(&queries.qrels)?;
                search(dataset, &index, &queries, name, module)?
            }
            System::Feedback(module, depth) => {
                let queries: JudgedQueries = dataset.judge(&queries.qrels)?;
                let queries = queries.with_found_items(dataset, &index, *depth)?;
                search(dataset, &index, &queries, name, module)?
            }
            System::Auto { module, words } => {
                let config = AutoConfig { lexical: module.lexical(), ..AutoConfig::default() };
                let texts = texts.as_ref().filter(|_| *words);
                let collection = collection(dataset, texts, &config)?;
                search_automatically(&module.bind(&collection)?, &collection, queries, texts, name)?
            }
        };
        evaluations.push((name.clone(), evaluate(queries, &last)?));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok((evaluations, last))
}

fn results(evaluations: &[(String, Evaluation)], seed: u64) -> Result<Results> {
    let mut significance = Significance::default();
    (significance.bootstrap.seed, significance.randomization.seed) = (seed, seed);
    let named: Vec<(&str, &Evaluation)> = evaluations.iter().map(|(name, e)| (name.as_str(), e)).collect();
    let systems = named.iter().map(|(name, evaluation)| Ok(((*name).to_owned(), values(evaluation, seed)?)));
    let comparisons = match named.split_first() {
        Some((frozen, others)) if !others.is_empty() => compare(*frozen, others, &significance)?,
        _ => Vec::new(),
    };
    Ok(Results { systems: systems.collect::<Result<_>>()?, comparisons, leakage: None })
}

fn leaked(
    arguments: &Arguments,
    dataset: &Dataset,
    queries: &JudgedQueries,
    evaluations: &[(String, Evaluation)],
) -> Result<Leaked> {
    let train: Vec<JudgedQueries> =
        arguments.train.iter().map(|path| dataset.judge_file(path)).collect::<Result<_>>()?;
    let qrels: Vec<_> = train.iter().map(|train| &train.qrels).collect();
    let encodings: Vec<_> = train.iter().map(|train| train.set.encodings()).collect();
    let (first, others) = evaluations.split_first().context("a system that was measured")?;
    let leakage = Leakage::new(&qrels, &queries.qrels, first.1.queries());
    let bootstrap = Bootstrap { seed: arguments.seed, ..Bootstrap::default() };
    let baseline = &first.1.get("ndcg@10")?.per_query;
    let gains = others.iter().map(|(name, evaluation)| {
        let values = &evaluation.get("ndcg@10")?.per_query;
        Ok((name.clone(), leakage.gains(baseline, values, &bootstrap)?))
    });
    Ok(Leaked {
        seen: leakage.seen(),
        unseen: leakage.unseen(),
        near_duplicates: near_duplicates(&encodings, queries.set.encodings()),
        gains: gains.collect::<Result<_>>()?,
    })
}

fn values(evaluation: &Evaluation, seed: u64) -> Result<BTreeMap<String, Value>> {
    let bootstrap = Bootstrap { seed, ..Bootstrap::default() };
    let of_measure = |measure: &ess_metrics::MeasureValues| {
        let ci95 = bootstrap.interval(&measure.per_query, 0.95)?;
        Ok((measure.measure.clone(), Value { mean: measure.mean, ci95 }))
    };
    evaluation.measures().iter().map(of_measure).collect()
}

fn print(results: &Results, evaluations: &[(String, Evaluation)], queries: usize) {
    println!("{queries} queries; mean [95 % interval]; difference to {}, p", evaluations[0].0);
    let mut headings = vec!["measure"];
    headings.extend(evaluations.iter().map(|(name, _)| name.as_str()));
    let mut table = Table::new(&headings);
    for measure in MEASURES {
        let mut row = vec![measure.to_owned()];
        for (name, _) in evaluations {
            let Value { mean, ci95: [low, high] } = results.systems[name][measure];
            let of_this = |c: &&Comparison| c.system == *name && c.measure == measure;
            let difference = results.comparisons.iter().find(of_this);
            let difference =
                difference.map(|c| format!("  {:+.4}, p {:.4}", c.delta, c.p)).unwrap_or_default();
            row.push(format!("{mean:.4} [{low:.3}, {high:.3}]{difference}"));
        }
        table.row(row);
    }
    print!("{table}");
    results.leakage.iter().for_each(print_leaked);
}

fn print_leaked(leaked: &Leaked) {
    println!(
        "\n{} queries have a relevant item that training knew, {} have not; {} are near duplicates of a training query",
        leaked.seen, leaked.unseen, leaked.near_duplicates
    );
    let mut table = Table::new(&["gain, ndcg@10", "on known items", "on new items"]);
    for (name, gains) in &leaked.gains {
        let cell = |gain: &Option<GroupGain>| match gain {
            Some(GroupGain { gain, ci95: [low, high], .. }) => format!("{gain:+.4} [{low:+.3}, {high:+.3}]"),
            None => "–".to_owned(),
        };
        table.row([name.clone()].into_iter().chain(gains.iter().map(cell)).collect());
    }
    print!("{table}");
}
