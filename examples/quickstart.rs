//! The whole of it in one program: train searching modules on SciFact's frozen embeddings and search with them.
//!
//! `cargo run --release --example quickstart`

use std::{
    collections::BTreeMap,
    io::{self, Write as _, stdout},
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};
use clap::Parser;
use ess_kit::{
    data::{Item, Query, cut_dev, read_records},
    files::{FolderLock, write_atomically},
    prelude::*,
};
use serde::Serialize;

/// Train a linear module, an MLP and an ensemble on frozen embeddings of SciFact, on two splits, and search with them.
///
/// On the official split, test queries share relevant items with training queries; on the item-disjoint split they do
/// not. The embeddings come with the repository: nothing is downloaded.
#[derive(Parser)]
#[command(name = "quickstart")]
struct Arguments {
    /// The seed of every random step.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where it is computed: cpu, wgpu (a GPU), wgpu:N (the one of this number) or auto (a GPU where there is one).
    #[arg(long, default_value = "cpu", value_name = "cpu|wgpu|wgpu:N|auto")]
    device: DeviceChoice,
    /// Where the linear module of the official split is saved [default: a temporary folder].
    #[arg(long, value_name = "MODULE_DIR")]
    out: Option<PathBuf>,
    /// Write the results as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// No progress bars.
    #[arg(long)]
    quiet: bool,
}

/// Training, dev and test judgements.
struct Split {
    train: Qrels,
    dev: Qrels,
    test: Qrels,
}

/// One system on one split.
struct System {
    name: String,
    module: Box<dyn PersistentModule>,
    run: Run,
    evaluation: Evaluation,
    /// What the fit said; none for the frozen encoder.
    fit: Option<FitReport>,
}

#[derive(Serialize)]
struct Figures {
    #[serde(rename = "ndcg@10")]
    ndcg: f64,
    #[serde(rename = "recall@100")]
    recall: f64,
    ci95: BTreeMap<&'static str, [f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fit: Option<FitReport>,
}

type Results = BTreeMap<String, Figures>;

fn main() -> Result<()> {
    match run(&Arguments::parse()) {
        // Who read the output wants no more of it; the status is what a shell gives a program that a closed pipe ended.
        Err(error) if is_closed_pipe(&error) => std::process::exit(141),
        result => result,
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn run(arguments: &Arguments) -> Result<()> {
    let device = arguments.device.open()?.device;
    if let Some(path) = &arguments.json {
        ensure!(!path.is_dir(), "--json {}: expected a file, found a folder", path.display());
    }
    let temporary = tempfile::tempdir()?;
    // Before the work, so that a second one is told at once and not after it.
    let mut out = FolderLock::acquire(arguments.out.as_deref().unwrap_or(&temporary.path().join("module")))?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/scifact");
    let dataset = Dataset::open(folder.join("minilm"))?;
    let index = FlatIndex::new(dataset.items().clone())?;
    writeln!(
        stdout(),
        "SciFact: {} items of {} dimensions, frozen\n",
        dataset.items().len(),
        dataset.items().dim()
    )?;

    let (train, dev) = cut_dev(&read_qrels(folder.join("qrels/train.tsv"))?, 0.2, arguments.seed)?;
    let official = Split { train, dev, test: read_qrels(folder.join("qrels/test.tsv"))? };
    let disjoint = |name: &str| read_qrels(folder.join("qrels_item_disjoint").join(name));
    let disjoint =
        Split { train: disjoint("train.tsv")?, dev: disjoint("dev.tsv")?, test: disjoint("test.tsv")? };

    let mut results: BTreeMap<&str, Results> = BTreeMap::new();
    let (on_official, queries) = run_split(&dataset, &index, &official, arguments, &device)?;
    writeln!(stdout(), "Official split, {} test queries", queries.ids.len())?;
    results.insert("official", report(&on_official, &official)?);
    let (on_disjoint, queries_disjoint) = run_split(&dataset, &index, &disjoint, arguments, &device)?;
    writeln!(stdout(), "Item-disjoint split, {} test queries", queries_disjoint.ids.len())?;
    results.insert("item_disjoint", report(&on_disjoint, &disjoint)?);
    explain(&on_official, &on_disjoint, &official)?;

    show_queries(&folder, &on_official, &queries)?;
    let linear = on_official.iter().find(|system| system.name == "linear_refit").unwrap_or(&on_official[0]);
    save_and_load(&dataset, &index, &queries, linear, &mut out, &device)?;
    if let Some(path) = &arguments.json {
        let text = serde_json::to_string_pretty(&results)?;
        write_atomically(path, |out| writeln!(out, "{text}"))?;
    }
    Ok(())
}

/// The frozen encoder and every kind of module, trained and measured on a split.
fn run_split(
    dataset: &Dataset,
    index: &FlatIndex,
    split: &Split,
    arguments: &Arguments,
    device: &Device,
) -> Result<(Vec<System>, JudgedQueries)> {
    let (train, dev, test) =
        (dataset.judge(&split.train)?, dataset.judge(&split.dev)?, dataset.judge(&split.test)?);
    let dim = dataset.items().dim();
    let items = Items::new(dataset.items(), device).with_index(index)?;
    let measure = |name: &str, module: Box<dyn PersistentModule>, fit| {
        let run = dataset.search(name, &module, index, &test)?;
        let evaluation = test.evaluate(&run)?;
        anyhow::Ok(System { name: name.to_owned(), module, run, evaluation, fit })
    };
    let mut systems = vec![measure("frozen", Box::new(Identity::new(dim)), None)?];
    for (name, kind, refit) in [
        ("linear", "linear", false),
        ("linear_refit", "linear", true),
        ("mlp", "mlp", false),
        ("ensemble", "ensemble", false),
    ] {
        let config = TrainerConfig { seed: arguments.seed, refit, ..TrainerConfig::default() };
        let progress = if arguments.quiet { Progress::Silent } else { Progress::Bar };
        let trainer = Trainer::new(config)?.with_progress(progress);
        let recipe = RecipeConfig::named(kind)?.build(dim, dim, 0)?;
        let fitted = trainer.fit(&*recipe, &items, &train.set, &dev.set)?;
        systems.push(measure(name, fitted.module, Some(fitted.report))?);
    }
    Ok((systems, test))
}

/// Prints a table and gives its figures.
fn report(systems: &[System], split: &Split) -> Result<Results> {
    let headings = ["", "nDCG@10 [95 %]", "seen", "unseen", "Recall@100 [95 %]", "seconds", "returned"];
    let mut rows = vec![headings.map(str::to_owned).to_vec()];
    let leakage = Leakage::new(&[&both(split)], &split.test, systems[0].evaluation.queries());
    let mut results = Results::new();
    for system in systems {
        let figures = figures(system)?;
        let interval = |name| figures.ci95.get(name).map_or([0.0, 0.0], |interval: &[f64; 2]| *interval);
        let ([ndcg_low, ndcg_high], [recall_low, recall_high]) =
            (interval("ndcg@10"), interval("recall@100"));
        let (seen, unseen) = leakage.means(&system.evaluation.get("ndcg@10")?.per_query)?;
        let or_none = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.3}"));
        let fit = figures.fit.as_ref();
        let returned = match fit.map(|fit| fit.guard.returned) {
            None => "",
            Some(Returned::Trained) => "trained",
            Some(Returned::Identity) => "identity",
        };
        rows.push(vec![
            system.name.clone(),
            format!("{:.4} [{ndcg_low:.3}, {ndcg_high:.3}]", figures.ndcg),
            or_none(seen),
            or_none(unseen),
            format!("{:.4} [{recall_low:.3}, {recall_high:.3}]", figures.recall),
            fit.map_or(String::new(), |fit| format!("{:.1}", fit.seconds)),
            returned.to_owned(),
        ]);
        results.insert(system.name.clone(), figures);
    }
    writeln!(
        stdout(),
        "({} have a relevant item that training had too: \"seen\"; {} have none: \"unseen\")\n{}",
        leakage.seen(),
        leakage.unseen(),
        table(&rows)
    )?;
    Ok(results)
}

fn figures(system: &System) -> Result<Figures> {
    let mut ci95 = BTreeMap::new();
    for name in ["ndcg@10", "recall@100"] {
        let values = &system.evaluation.get(name)?.per_query;
        ci95.insert(name, Bootstrap::default().interval_within(values, [0.0, 1.0], 0.95)?);
    }
    let (ndcg, recall) = (system.evaluation.mean("ndcg@10")?, system.evaluation.mean("recall@100")?);
    Ok(Figures { ndcg, recall, ci95, fit: system.fit.clone() })
}

/// Train and dev together: what a refitted module has seen.
fn both(split: &Split) -> Qrels {
    let mut all = split.train.clone();
    for (query, item, grade) in split.dev.iter() {
        // A query of both sides keeps its training judgement.
        let _ = all.insert(query, item, grade);
    }
    all
}

/// Says in words what the two tables teach.
fn explain(official: &[System], disjoint: &[System], split: &Split) -> Result<()> {
    let of = |systems: &[System], name: &str| {
        let system = systems.iter().find(|system| system.name == name);
        system.and_then(|system| system.evaluation.get("ndcg@10").ok().map(|values| values.per_query.clone()))
    };
    let (Some(frozen), Some(linear)) = (of(official, "frozen"), of(official, "linear")) else {
        return Ok(());
    };
    let gains: Vec<f64> = linear.iter().zip(&frozen).map(|(a, b)| a - b).collect();
    let leakage = Leakage::new(&[&both(split)], &split.test, official[0].evaluation.queries());
    let (seen, unseen) = leakage.means(&gains)?;
    writeln!(stdout(), "What the two splits teach")?;
    let (seen, unseen) = (seen.unwrap_or_default(), unseen.unwrap_or_default());
    writeln!(
        stdout(),
        "- Official: the linear module changes nDCG@10 by {seen:+.3} for queries with a relevant item that training or dev had \
         too, and by {unseen:+.3} for the others."
    )?;
    if seen > 2.0 * unseen {
        writeln!(
            stdout(),
            "  Most of the gain is memory of items: real when they are asked for again, no sign of better search on new ones."
        )?;
    }
    for system in disjoint.iter().filter(|system| system.name == "linear") {
        if let Some(fit) = &system.fit {
            writeln!(stdout(), "- Item-disjoint: {}.", fit.guard.reason)?;
            let what = match fit.guard.returned {
                Returned::Identity => "So the frozen ranking was returned: the baseline guard holds",
                Returned::Trained => "So the trained module was returned",
            };
            writeln!(stdout(), "  {what}.")?;
        }
    }
    writeln!(stdout())?;
    Ok(())
}

/// Three queries with their top items before and after: the largest gain, the largest loss, and one in between.
fn show_queries(folder: &Path, systems: &[System], queries: &JudgedQueries) -> Result<()> {
    let [frozen, .., last] = systems else {
        return Ok(());
    };
    let after = systems.iter().find(|system| system.name == "linear").unwrap_or(last);
    let titles: BTreeMap<String, String> =
        read_records::<Item>(folder.join("corpus.jsonl.gz"))?.into_iter().map(|i| (i.id, i.title)).collect();
    let texts: BTreeMap<String, String> =
        read_records::<Query>(folder.join("queries.jsonl"))?.into_iter().map(|q| (q.id, q.text)).collect();
    let values = |system: &System| system.evaluation.get("ndcg@10").map(|values| values.per_query.clone());
    let (old, new) = (values(frozen)?, values(after)?);
    let mut order: Vec<usize> = (0..old.len()).collect();
    order.sort_by(|&a, &b| (new[b] - old[b]).total_cmp(&(new[a] - old[a])).then(a.cmp(&b)));
    let chosen = [
        ("largest gain", order[0]),
        ("largest loss", order[order.len() - 1]),
        ("median", order[order.len() / 2]),
    ];
    writeln!(stdout(), "Three queries of the official split, before and after (linear); * is relevant")?;
    for (what, at) in chosen {
        let id = &frozen.evaluation.queries()[at];
        writeln!(stdout(), "\n{} ({what}: nDCG@10 {:.2} → {:.2})", texts[id], old[at], new[at])?;
        let mut rows = vec![vec!["  frozen".to_owned(), "linear".to_owned()]];
        let shown = |run: &Run, rank: usize| {
            let Some((item, _)) = run.ranking(id).get(rank).map(|hit| (hit.0.to_owned(), hit.1)) else {
                return String::new();
            };
            let mark = if queries.qrels.grade(id, &item).is_some_and(|grade| grade > 0) { '*' } else { ' ' };
            let title = titles.get(&item).map_or("", String::as_str);
            format!("{mark} {}", title.chars().take(60).collect::<String>())
        };
        for rank in 0..3 {
            rows.push(vec![shown(&frozen.run, rank), shown(&after.run, rank)]);
        }
        write!(stdout(), "{}", table(&rows))?;
    }
    writeln!(stdout())?;
    Ok(())
}

/// Saves a module, loads it again and checks that it ranks the same.
fn save_and_load(
    dataset: &Dataset,
    index: &FlatIndex,
    queries: &JudgedQueries,
    system: &System,
    out: &mut FolderLock,
    device: &Device,
) -> Result<()> {
    system.module.to_state()?.save_in(out)?;
    let loaded = Registry::default().load(out.folder(), device)?;
    let run = dataset.search(&system.name, &loaded, index, queries)?;
    ensure!(run == system.run, "the loaded module ranks otherwise than the saved one");
    writeln!(stdout(), "Saved {}, loaded it again: it ranks the same.", system.name)?;
    Ok(())
}

/// Rows in aligned columns.
fn table(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(column, cell)| format!("{cell:<0$}", width(column)));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
