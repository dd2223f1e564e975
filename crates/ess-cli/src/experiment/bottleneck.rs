//! `ess experiment bottleneck`: is what search loses lost in the encoding or in the searching?

mod data_set;
mod geometry;
mod kept;
mod report;
mod results;
mod row;
mod searching;
mod spectrum_plot;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, builder::PossibleValue};
use ess_files::FolderLock;
use ess_train::{RecipeConfig, TrainerConfig};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    arguments::{kind_parser::KindParser, paths},
    data::{data_set_argument::DataSetArgument, dataset::RankingArguments, split_data_set::Opened},
    output::options::Output,
};

use self::{
    data_set::DataSet,
    geometry::{Geometry, Overlap},
    kept::{Kept, Wanted},
    report::Report,
    results::Results,
    searching::Searching,
};

const EXAMPLES: &str = "\
Examples:
  ess experiment bottleneck --out target/bottleneck \\
      --data 'SciFact=data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'";

/// Say where search loses: in the encoding or in the searching (sections 5.1 and B.2 of the paper).
///
/// Two things are measured for each data set. How the frozen encodings use their space: ranks, isotropy, intrinsic dimension,
/// hubness, a lower bound of the information that a query has of its item. And what searching modules of several classes make of
/// them: trained, on seen and on unseen items, beside the same class fitted to the test queries themselves, which says what the
/// class can express at least. The second is no result that a system could have; it is an upper part of the scale.
///
/// Writes bottleneck.md, results.json and spectrum.svg into the folder. Each measurement is kept in a file of its own, so that a run that
/// was stopped goes on where it was.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[arg(long, value_name = DataSet::FORM, help = DataSet::HELP, value_parser = DataSet::parse, required = true)]
    data: Vec<DataSet>,
    #[command(flatten)]
    ranked: RankingArguments,
    /// A class of searching modules; may be given several times [default: diagonal, low_rank, linear, mlp].
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    module: Vec<String>,
    /// Seeds that each module is trained with, from --seed on; figures are their means.
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// The seed of every random step [default: 0].
    #[arg(long)]
    seed: Option<u64>,
    /// The folder to write to.
    #[arg(long, value_name = "DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    out: PathBuf,
}

fn kinds() -> KindParser {
    KindParser::new(RecipeConfig::kinds().into_iter().map(PossibleValue::new))
}

/// From few parameters to many.
const CLASSES: [&str; 4] = ["diagonal", "low_rank", "linear", "mlp"];

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    ensure!(arguments.seeds > 0, "--seeds: expected at least 1, found 0");
    check_names(&arguments.data)?;
    check_classes(&arguments.module)?;
    let _lock = FolderLock::acquire(&arguments.out)?;
    let measuring = Measuring::new(arguments, output)?;
    let mut results = Results { seed: measuring.seed, geometry: vec![], searching: vec![], overlaps: vec![] };
    for data in &measuring.data {
        measuring.measure(data, &mut results)?;
    }
    results.overlaps = Overlap::of_all(&measuring.data)?;
    measuring.bar.finish_and_clear();
    let page = Report { results: &results, classes: &measuring.classes }.markdown()?;
    let at = |name: &str| arguments.out.join(name);
    spectrum_plot::write(&results.geometry, &at("spectrum.svg"))?;
    crate::output::json::write_json(&at("results.json"), &results)?;
    ess_files::write_atomically(&at("bottleneck.md"), |out| out.write_all(page.as_bytes()))?;
    crate::output::terminal::show(&page);
    output.write(&results)
}

/// Refuses two data sets of one name, whose measurements would be kept in the same files.
fn check_names(data: &[DataSet]) -> Result<()> {
    for (at, set) in data.iter().enumerate() {
        let again = data[..at].iter().any(|other| other.name() == set.name());
        ensure!(!again, "--data: two data sets are called {:?}", set.name());
    }
    Ok(())
}

/// Refuses a class that is given twice: its seeds would count twice.
fn check_classes(classes: &[String]) -> Result<()> {
    for (at, class) in classes.iter().enumerate() {
        ensure!(!classes[..at].contains(class), "--module: {class:?} is given twice");
    }
    Ok(())
}

/// What is measured, and where it is kept.
struct Measuring {
    data: Vec<DataSet>,
    classes: Vec<String>,
    seed: u64,
    seeds: u64,
    folder: PathBuf,
    bar: ProgressBar,
}

impl Measuring {
    fn new(arguments: &Arguments, output: &Output) -> Result<Self> {
        let mut data = arguments.data.clone();
        data.iter_mut().for_each(|data| data.rank_as(arguments.ranked));
        let given = arguments.module.iter().map(String::as_str);
        let classes = if arguments.module.is_empty() { CLASSES.to_vec() } else { given.collect() };
        let classes: Vec<String> = classes.into_iter().map(str::to_owned).collect();
        let folder = arguments.out.join("cells");
        let bar = output.bar(data.len() * (1 + classes.len() * arguments.seeds as usize));
        bar.set_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} [{elapsed}]")?);
        Ok(Self { data, classes, seed: arguments.seed.unwrap_or(0), seeds: arguments.seeds, folder, bar })
    }

    /// All of one data set, which is opened only where a measurement is missing.
    fn measure(&self, data: &DataSet, results: &mut Results) -> Result<()> {
        let files = data.checksum()?;
        let wanted = |what, seed| Wanted { data, what, seed, files: &files };
        let mut opened = None;
        let mut open = || data.open(self.seed);
        self.bar.set_message(format!("the encodings of {}", data.name()));
        let geometry = self.kept(wanted("geometry", self.seed), &mut opened, &mut open, |opened| {
            Geometry::measure(opened, self.seed)
        })?;
        let frozen = geometry.found.frozen.clone();
        results.geometry.push(geometry);
        for class in &self.classes {
            for seed in (0..self.seeds).map(|more| self.seed.wrapping_add(more)) {
                self.bar.set_message(format!("{class} on {}", data.name()));
                let searching = self.kept(wanted(class, seed), &mut opened, &mut open, |opened| {
                    Searching::measure(opened, class, seed, &frozen)
                })?;
                results.searching.push(searching);
            }
        }
        Ok(())
    }

    fn kept<T: kept::Found>(
        &self,
        wanted: Wanted<'_>,
        opened: &mut Option<Opened>,
        open: &mut impl FnMut() -> Result<Opened>,
        measure: impl FnOnce(&Opened) -> Result<T>,
    ) -> Result<Kept<T>> {
        let Wanted { data, what, seed, files } = wanted;
        let path = self.file_of(data, what, seed);
        if let Some(kept) = Kept::read(&path, &wanted)? {
            self.bar.inc(1);
            return Ok(kept);
        }
        let opened = match opened {
            Some(opened) => opened,
            none => none.insert(open().with_context(|| data.name().to_owned())?),
        };
        let found = measure(opened).with_context(|| format!("{}: {what}", data.name()))?;
        let (data, what, files) = (data.clone(), what.to_owned(), files.to_owned());
        let kept = Kept { data, what, seed, files, trainer: TrainerConfig::default(), found };
        crate::output::json::write_json(&path, &kept)?;
        self.bar.inc(1);
        Ok(kept)
    }

    fn file_of(&self, data: &DataSet, what: &str, seed: u64) -> PathBuf {
        Path::join(&self.folder, format!("{}.{what}.{seed}.json", data.name()))
    }
}
