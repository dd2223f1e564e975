//! `ess evaluate`: measures searching modules against the frozen encoder, and run files of any system against each other.

mod report;
mod results;
mod run_files;
mod system;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use ess_data::{Dropped, check_run_ids, read_qrels, write_run};
use ess_index::FlatIndex;
use ess_kit::{Dataset, JudgedQueries, MEASURES};
use ess_metrics::{
    Evaluation, Evaluator, MissingQueries, NamedMeasure, NothingRelevant, Qrels, RelevanceLevel, Run,
};

use crate::{
    arguments::{device::DeviceArguments, further::FurtherArguments, paths},
    automatic::Beside,
    data::{
        beir_texts::BeirTexts,
        dataset::{RankingArguments, judge_file, open_for_rankings},
        further::FurtherData,
    },
    output::options::Output,
};

use self::results::Measured;

const EXAMPLES: &str = "\
Examples:
  ess evaluate --embeddings data/scifact/minilm --qrels data/scifact/qrels/test.tsv --module target/linear
  ess evaluate --run bm25.run --run mine.run --qrels data/scifact/qrels/test.tsv --measure ndcg@10 recall@100
  ess evaluate --run mine.run --qrels data/scifact/qrels/test.tsv --measure trec_eval --per-query";

/// Measure searching modules against the frozen encoder, run files against each other, or both, on judged queries.
///
/// Measures are trec_eval's. A query that counts is one with a relevant item; where a run lacks it, it scores 0 (trec_eval
/// does so with -c, and counts queries without a relevant item; --answered-only and --count-all do as it does). Intervals
/// are 95 % bootstrap intervals over queries; differences are paired, with the p-value of a randomisation test after Holm's
/// correction.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A folder with queries.safetensors and corpus.safetensors, to measure the frozen encoder and modules.
    #[arg(long, value_name = "DIR", required_unless_present = "run", value_parser = paths::EMBEDDINGS.read())]
    embeddings: Option<PathBuf>,
    #[command(flatten)]
    ranked: RankingArguments,
    /// The judgements, BEIR or TREC format.
    #[arg(long, value_name = "QRELS", value_parser = paths::QRELS.read())]
    qrels: PathBuf,
    /// A saved searching module; may be given several times.
    #[arg(long, value_name = "MODULE_DIR", requires = "embeddings", value_parser = paths::MODULE.read())]
    module: Vec<PathBuf>,
    /// A run file in TREC's format, of any system; may be given several times.
    #[arg(long, value_name = "FILE", num_args = 1.., value_parser = paths::RUN.read())]
    run: Vec<PathBuf>,
    /// What the others are compared with: a run file, the name of a run or of a module, or `frozen` [default: the first of
    /// frozen, modules, runs].
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,
    /// A measure, such as ndcg@10, mrr(rel=2)@10, rbp(p=0.8), or a name of trec_eval's; `trec_eval` stands for all that it
    /// prints. May be given several times [default: nine usual ones].
    #[arg(long, value_name = "MEASURE", num_args = 1.., value_parser = asked)]
    measure: Vec<Asked>,
    /// The lowest grade that is relevant for measures that know no grades, as trec_eval's -l.
    #[arg(short = 'l', long, value_name = "GRADE", default_value_t = 1)]
    relevance_level: i32,
    /// Leave queries that a run lacks out instead of scoring 0 for them, as trec_eval without -c.
    #[arg(long, conflicts_with = "embeddings")]
    answered_only: bool,
    /// Count queries to which nothing is relevant too, with the value 0, as trec_eval does.
    #[arg(long, conflicts_with = "embeddings")]
    count_all: bool,
    /// Print what `trec_eval -q` prints, of one system after the other, and no table; --json then has the values too.
    #[arg(long)]
    per_query: bool,
    /// A BEIR folder with the texts for the lexical search of an automatic choice; without it, embeddings alone count.
    #[arg(long, value_name = "DIR", requires = "embeddings", value_parser = paths::BEIR.read())]
    beir: Option<PathBuf>,
    #[command(flatten)]
    further: FurtherArguments,
    /// Judgements that were trained on; gains are then also given apart for queries with a relevant item that training
    /// knew and for the others. May be given several times, for train and dev.
    #[arg(long, value_name = "QRELS", requires = "embeddings", value_parser = paths::QRELS.read())]
    train: Vec<PathBuf>,
    /// Write the last module's hits (the frozen encoder's without one) as a TREC run file.
    #[arg(long, value_name = "FILE", requires = "embeddings", value_parser = paths::OUTPUT_FILE.written())]
    write_run: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArguments,
    /// The seed of the bootstrap and of the randomisation test.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// What one name asks for.
#[derive(Clone)]
enum Asked {
    One(NamedMeasure),
    AllOfTrecEval,
}

fn asked(name: &str) -> Result<Asked, ess_metrics::Error> {
    const ALL_OF_TREC_EVAL: &str = "trec_eval";
    if name == ALL_OF_TREC_EVAL { Ok(Asked::AllOfTrecEval) } else { name.parse().map(Asked::One) }
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let evaluator = evaluator(arguments)?;
    ensure!(
        arguments.further.are_none() || !arguments.module.is_empty(),
        "--encoding and --scores are read by an automatic choice, which --module gives"
    );
    let run = arguments.write_run.as_deref().map(|path| ("--write-run", path));
    let _locks = output.lock_files(run.as_slice())?;
    let searched =
        arguments.embeddings.as_ref().map(|folder| Searched::new(arguments, folder)).transpose()?;
    let qrels = match &searched {
        Some(searched) => searched.queries.qrels.clone(),
        None => read_qrels(&arguments.qrels)?,
    };
    let mut evaluations = match &searched {
        Some(searched) => searched.measure(arguments, output, &evaluator)?,
        None => Vec::new(),
    };
    evaluations.extend(measure_run_files(arguments, &evaluator, &qrels, &evaluations)?);

    let names: Vec<&str> = evaluations.iter().map(|(name, _)| name.as_str()).collect();
    let baseline = run_files::baseline(arguments.baseline.as_deref(), &names, &arguments.run)?;
    let measured = Measured { evaluations: &evaluations, baseline, seed: arguments.seed };
    let mut results = measured.results()?;
    results.per_query = arguments.per_query.then(|| measured.per_query());
    if let Some(searched) = &searched {
        let left_out = searched.queries.left_out;
        results.left_out = (left_out != Dropped::default()).then_some(left_out);
        if !arguments.train.is_empty() {
            results.leakage = Some(measured.leaked(&searched.queries, &searched.train)?);
        }
    }
    output.write(&results)?;
    match arguments.per_query {
        true => crate::output::terminal::show(report::per_query(&evaluations)),
        false => crate::output::terminal::show(report::table(&results, &evaluations, baseline)),
    }
    Ok(())
}

fn evaluator(arguments: &Arguments) -> Result<Evaluator> {
    let mut measures: Vec<NamedMeasure> = Vec::new();
    for asked in &arguments.measure {
        match asked {
            Asked::AllOfTrecEval => measures.extend(NamedMeasure::of_trec_eval()),
            Asked::One(measure) => measures.push(*measure),
        }
    }
    if measures.is_empty() {
        measures = MEASURES.into_iter().map(str::parse).collect::<Result<_, _>>()?;
    }
    let known = arguments.train.is_empty() || measures.contains(&results::OF_GAINS.parse()?);
    ensure!(
        known,
        "--train: gains on known and on new items are in {0}, which --measure leaves out: give --measure {0} as well",
        results::OF_GAINS
    );
    let level = RelevanceLevel::at_least(arguments.relevance_level)?;
    let missing = if arguments.answered_only { MissingQueries::LeaveOut } else { MissingQueries::ScoreZero };
    let nothing = if arguments.count_all { NothingRelevant::Count } else { NothingRelevant::LeaveOut };
    let evaluator = Evaluator::new(measures)?.relevance_level(level);
    Ok(evaluator.missing_queries(missing).nothing_relevant(nothing))
}

/// Embeddings and judgements of what is searched for.
struct Searched {
    dataset: Dataset,
    queries: JudgedQueries,
    train: Vec<JudgedQueries>,
}

impl Searched {
    fn new(arguments: &Arguments, folder: &std::path::Path) -> Result<Self> {
        let dataset = open_for_rankings(folder, arguments.ranked)?;
        let queries = judge_file(&dataset, &arguments.qrels)?;
        if let Some(path) = &arguments.write_run {
            check_run_ids(path, queries.ids.iter().map(String::as_str), dataset.item_ids().iter())?;
        }
        let train = arguments.train.iter().map(|path| judge_file(&dataset, path)).collect::<Result<_>>()?;
        Ok(Self { dataset, queries, train })
    }

    /// Searches with every module and measures what it finds; writes the last run where one is asked for.
    fn measure(
        &self,
        arguments: &Arguments,
        output: &Output,
        evaluator: &Evaluator,
    ) -> Result<Vec<(String, Evaluation)>> {
        let texts = arguments.beir.as_deref().map(BeirTexts::read).transpose()?;
        let device = arguments.device.open()?;
        let further = FurtherData::open(&arguments.further)?;
        let beside = Beside { texts: texts.as_ref(), further: Some(&further) };
        let systems = system::load_all(&arguments.module, texts.is_some(), &self.dataset, &device)?;
        ensure!(
            !systems.is_empty() || (!arguments.run.is_empty() && arguments.write_run.is_none()),
            "queries have {} dimensions and items {}: without a --module nothing is found, to measure or to write",
            self.dataset.query_dim(),
            self.dataset.items().dim()
        );
        let index = FlatIndex::new(self.dataset.items().clone())?;
        let bar = output.bar(systems.len());
        let (mut evaluations, mut last) = (Vec::new(), None);
        for (name, system) in systems {
            let run = system.search(&name, &self.dataset, &index, &self.queries, beside)?;
            evaluations.push((name, evaluator.evaluate(&self.queries.qrels, &run)?));
            last = Some(run);
            bar.inc(1);
        }
        bar.finish_and_clear();
        if let (Some(path), Some(run)) = (&arguments.write_run, &last) {
            write_run(path, run)?;
        }
        Ok(evaluations)
    }
}

fn measure_run_files(
    arguments: &Arguments,
    evaluator: &Evaluator,
    qrels: &Qrels,
    searched: &[(String, Evaluation)],
) -> Result<Vec<(String, Evaluation)>> {
    let taken: Vec<String> = searched.iter().map(|(name, _)| name.clone()).collect();
    let runs = run_files::read_all(&arguments.run, arguments.ranked.ignore_identical_ids, &taken)?;
    let measure = |(run, file): (Run, &PathBuf)| {
        let files = || format!("{}, judged by {}", file.display(), arguments.qrels.display());
        Ok((run.name().to_owned(), evaluator.evaluate(qrels, &run).with_context(files)?))
    };
    runs.into_iter().zip(&arguments.run).map(measure).collect()
}
