//! `ess calibrate`: fits s of Eq. 3, so that P(rel = 1 | q, d) means what it says.

mod sample;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};
use ess_core::{Link, Sigmoid};
use ess_data::write_link;
use ess_metrics::{Binning, ReliabilityDiagram, brier_score};
use ess_train::{Calibration, Items, SimilaritySample};
use serde::Serialize;

use crate::{
    arguments::device::DeviceArguments,
    arguments::paths,
    data::{
        dataset::{RankingArguments, open_for_rankings},
        saved_module::SearchingModule,
    },
    output::{
        options::Output,
        plot::{Axis, Plot, Series},
        table::Table,
    },
};

const EXAMPLES: &str = "\
Examples:
  ess calibrate --embeddings data/scifact/minilm --qrels data/scifact/qrels/train.tsv \\
      --test data/scifact/qrels/test.tsv --out target/link.json";

/// Fit the link from similarity to probability of relevance.
///
/// It is fitted on the most similar items of each query: relevant where they are judged so, not relevant otherwise. So
/// the probability is that of an item that a user is shown. Give judgements that the module was not trained on.
///
/// The figures are of queries that the link has not seen: those of --test, or, without it, the same queries by
/// cross-fitting. Writes the link as JSON and a reliability diagram as SVG.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A folder with queries.safetensors and corpus.safetensors.
    #[arg(long, value_name = "DIR", value_parser = paths::EMBEDDINGS.read())]
    embeddings: PathBuf,
    #[command(flatten)]
    ranked: RankingArguments,
    /// The judgements to fit on, BEIR or TREC format.
    #[arg(long, value_name = "QRELS", value_parser = paths::QRELS.read())]
    qrels: PathBuf,
    /// Judgements to measure on.
    #[arg(long, value_name = "QRELS", value_parser = paths::QRELS.read())]
    test: Option<PathBuf>,
    /// A saved searching module; without one, the frozen encoder.
    #[arg(long, value_name = "MODULE_DIR", value_parser = paths::MODULE.read())]
    module: Option<PathBuf>,
    /// How the link is fitted; all are measured, this one is saved.
    #[arg(long, value_enum, default_value = "platt")]
    method: Method,
    /// Hits of each query that it is fitted on.
    #[arg(long, default_value_t = 10, value_name = "K")]
    hits: usize,
    /// Sets of queries of the cross-fitting.
    #[arg(long, default_value_t = 5, conflicts_with = "test")]
    folds: usize,
    /// The seed of the cross-fitting.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    device: DeviceArguments,
    /// The file to save the link in.
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    out: PathBuf,
    /// The file for the reliability diagram [default: that of the link, with the ending .svg].
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    plot: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Method {
    /// Scale and bias, by regularised maximum likelihood
    Platt,
    /// One parameter: how fast the odds change about the mean similarity
    Temperature,
    /// Any rising function; needs a thousand pairs or so
    Isotonic,
}

const METHODS: [(Method, Calibration, &str); 3] = [
    (Method::Platt, Calibration::Platt, "Platt"),
    (Method::Temperature, Calibration::Temperature, "temperature"),
    (Method::Isotonic, Calibration::Isotonic, "isotonic"),
];

#[derive(Serialize)]
struct Results {
    pairs: usize,
    relevant: usize,
    measured_pairs: usize,
    measured_on: &'static str,
    links: Vec<Measured>,
}

#[derive(Serialize)]
struct Measured {
    name: &'static str,
    brier: f64,
    expected_calibration_error: f64,
    maximum_calibration_error: f64,
    diagram: ReliabilityDiagram,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    ensure!(arguments.hits > 0, "--hits: expected at least 1, found 0");
    let plot_file = arguments.plot.clone().unwrap_or_else(|| arguments.out.with_extension("svg"));
    let _locks = output.lock_files(&[("--out", &arguments.out), ("--plot", &plot_file)])?;
    let device = arguments.device.open()?;
    let dataset = open_for_rankings(&arguments.embeddings, arguments.ranked)?;
    let module = match &arguments.module {
        Some(folder) => SearchingModule::load(folder, &device)?,
        None => {
            let (queries, items) = (dataset.query_dim(), dataset.items().dim());
            ensure!(
                queries == items,
                "queries have {queries} dimensions and items {items}: a --module must map the one to the other"
            );
            SearchingModule::frozen(queries)?
        }
    };
    let moved = module.moved(dataset.items())?;
    let items = Items::new(moved.as_ref().unwrap_or(dataset.items()), &device);
    let sample = |qrels: &Path| sample::of_file(&module, &dataset, &items, qrels, arguments.hits);
    let fitted_on = sample(&arguments.qrels)?;
    let test = arguments.test.as_deref().map(sample).transpose()?;
    let results = measure(arguments, &fitted_on, test.as_ref())?;

    for (method, calibration, _) in METHODS {
        if method == arguments.method {
            write_link(&arguments.out, &fitted_on.fit(calibration)?)?;
        }
    }
    plot(arguments, &results)?.write_svg(&plot_file)?;
    output.write(&results)?;
    print(&results, &arguments.out, &plot_file);
    Ok(())
}

/// The plain sigmoid and every fit, on pairs that they have not seen.
fn measure(
    arguments: &Arguments,
    fitted_on: &SimilaritySample,
    test: Option<&SimilaritySample>,
) -> Result<Results> {
    let measured_on = test.unwrap_or(fitted_on);
    let apply = |link: &dyn Link| -> Vec<f32> {
        measured_on.similarities().iter().map(|&similarity| link.probability(similarity)).collect()
    };
    let mut links = vec![measured("plain sigmoid", apply(&Sigmoid::default()), measured_on)?];
    for (_, calibration, name) in METHODS {
        let probabilities = match test {
            Some(_) => apply(&fitted_on.fit(calibration)?),
            None => fitted_on.cross_fitted(calibration, arguments.folds, arguments.seed)?,
        };
        links.push(measured(name, probabilities, measured_on)?);
    }
    Ok(Results {
        pairs: fitted_on.len(),
        relevant: fitted_on.relevant().iter().filter(|&&relevant| relevant).count(),
        measured_pairs: measured_on.len(),
        measured_on: if test.is_some() { "test queries" } else { "the same queries, cross-fitted" },
        links,
    })
}

fn measured(name: &'static str, probabilities: Vec<f32>, sample: &SimilaritySample) -> Result<Measured> {
    let relevant = sample.relevant();
    let diagram = ReliabilityDiagram::new(&probabilities, relevant, Binning::EqualWidth { bins: 10 })?;
    Ok(Measured {
        name,
        brier: brier_score(&probabilities, relevant)?,
        expected_calibration_error: diagram.expected_calibration_error(),
        maximum_calibration_error: diagram.maximum_calibration_error(),
        diagram,
    })
}

/// The plain sigmoid and the link that is saved.
fn plot(arguments: &Arguments, results: &Results) -> Result<Plot> {
    let chosen = METHODS.iter().find(|(method, ..)| *method == arguments.method).map(|(.., name)| *name);
    let shown = |links: &&Measured| links.name == "plain sigmoid" || Some(links.name) == chosen;
    let title = format!("Reliability: {} pairs, {}", results.measured_pairs, results.measured_on);
    let x = Axis::linear("predicted probability of relevance").over(0.0, 1.0);
    let y = Axis::linear("share of relevant items").over(0.0, 1.0);
    let mut plot = Plot::new(&title, x, y).with(Series::guide("perfect", [(0.0, 0.0), (1.0, 1.0)]));
    for link in results.links.iter().filter(shown) {
        let bins = link.diagram.bins();
        let name = format!("{}, ECE {:.3}", link.name, link.expected_calibration_error);
        let points = bins.iter().map(|bin| (bin.mean_probability, bin.relevant_share));
        let intervals = bins.iter().map(|bin| wilson(bin.relevant_share, bin.count));
        plot = plot.with(Series::line(&name, points).with_intervals(intervals));
    }
    Ok(plot)
}

/// Wilson's 95 % interval of a share (J. American Statistical Association 22, 1927).
fn wilson(share: f64, count: usize) -> [f64; 2] {
    let (n, z) = (count as f64, 1.96);
    let centre = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    [(centre - half).max(0.0), (centre + half).min(1.0)]
}

fn print(results: &Results, link: &Path, plot: &Path) {
    say!(
        "fitted on {} pairs, {} of them relevant; measured on {} pairs of {}",
        results.pairs,
        results.relevant,
        results.measured_pairs,
        results.measured_on
    );
    let mut table = Table::new(&["link", "Brier", "ECE", "MCE"]);
    for link in &results.links {
        let figures = [link.brier, link.expected_calibration_error, link.maximum_calibration_error];
        let mut row = vec![link.name.to_owned()];
        row.extend(figures.map(|figure| format!("{figure:.4}")));
        table.row(row);
    }
    crate::output::terminal::show(&table);
    say!("saved the link in {} and the diagram in {}", link.display(), plot.display());
}
