//! `ess index build`

use std::{path::PathBuf, time::Instant};

use anyhow::Result;
use clap::{Args, ValueEnum};
use ess_core::{Embeddings, Index, MemoryUse, PersistentIndex};
use ess_data::EmbeddingStore;
use ess_index::{FlatBuilder, GraphBuilder, IdentifiedIndex, IvfPqBuilder, Progress, Storage};
use serde::Serialize;

use crate::{
    arguments::{device::DeviceArguments, paths},
    data::saved_module::SearchingModule,
    output::options::Output,
};

const EXAMPLES: &str = "\
Examples:
  ess index build --items data/scifact/minilm/corpus.safetensors --dtype i8 --out target/scifact.index
  ess index build --kind graph --items data/scifact/minilm/corpus.safetensors --out target/scifact.index";

/// Build an index from an embedding store and save it with the ids of the items.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Build {
    /// The items, as `ess encode` and `ess import` write them.
    #[arg(long, value_name = "STORE", value_parser = paths::STORE.read())]
    items: PathBuf,
    /// A saved searching module that moves items too: the moved items are indexed.
    #[arg(long, value_name = "MODULE_DIR", value_parser = paths::MODULE.read())]
    module: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArguments,
    /// The index file to write.
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    out: PathBuf,
    /// flat compares every query with every item; graph (Vamana) and ivf-pq (quantised) compare few of them exactly.
    #[arg(long, value_enum, default_value_t = Kind::Flat)]
    kind: Kind,
    /// How vectors are stored; i8 is for a flat index, exact too, and the quickest. A graph keeps f32.
    #[arg(long, alias = "storage", value_enum, value_name = "DTYPE", default_value_t = Numbers::F32)]
    dtype: Numbers,
    /// The most neighbours of an item in a graph.
    #[arg(long, default_value_t = GraphBuilder::default().degree)]
    degree: usize,
    /// The candidates kept while a graph is built.
    #[arg(long, alias = "candidates", default_value_t = GraphBuilder::default().candidates)]
    ef_construction: usize,
    /// The lists of an IVF-PQ index; by its size if not given.
    #[arg(long)]
    lists: Option<usize>,
    /// Where random choices start.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Flat,
    Graph,
    #[value(alias = "quantised")]
    IvfPq,
}

#[derive(Clone, Copy, ValueEnum)]
enum Numbers {
    F32,
    F16,
    I8,
}

#[derive(Serialize)]
struct Report {
    out: PathBuf,
    items: usize,
    dim: usize,
    memory: Option<MemoryUse>,
    file_bytes: u64,
    seconds_to_build: f64,
}

impl Build {
    pub(crate) fn run(self, output: &Output) -> Result<()> {
        let _lock = output.lock_files(&[("--out", &self.out)])?;
        let store = EmbeddingStore::open(&self.items)?;
        let ids = store.ids().as_slice().to_vec();
        let items = self.moved(crate::data::dataset::searchable(&store, &self.items)?)?;
        let start = Instant::now();
        let progress = if output.quiet { Progress::Silent } else { Progress::Bar };
        let report = match self.kind {
            Kind::Flat => {
                let index = FlatBuilder::new(self.dtype.into()).build(items)?;
                let seconds = start.elapsed().as_secs_f64();
                self.save(&IdentifiedIndex::new(index, ids)?, seconds)?
            }
            Kind::Graph => {
                let (degree, candidates) = (self.degree, self.ef_construction.max(self.degree));
                let builder = GraphBuilder { degree, candidates, seed: self.seed, ..GraphBuilder::default() };
                let index = builder.build(items, progress)?;
                let seconds = start.elapsed().as_secs_f64();
                self.save(&IdentifiedIndex::new(index, ids)?, seconds)?
            }
            Kind::IvfPq => {
                let (lists, storage) = (self.lists, self.dtype.into());
                let builder = IvfPqBuilder { lists, storage, seed: self.seed, ..IvfPqBuilder::default() };
                let index = builder.build(items, progress)?;
                let seconds = start.elapsed().as_secs_f64();
                self.save(&IdentifiedIndex::new(index, ids)?, seconds)?
            }
        };
        say!(
            "{}: {} items of dimension {}, built in {:.2} s, {} bytes",
            report.out.display(),
            report.items,
            report.dim,
            report.seconds_to_build,
            report.file_bytes
        );
        output.write(&report)
    }

    /// The items as the module moves them, if one was named.
    fn moved(&self, items: Embeddings) -> Result<Embeddings> {
        let Some(folder) = &self.module else { return Ok(items) };
        let moved = SearchingModule::load(folder, &self.device.open()?)?.moved(&items)?;
        if moved.is_none() {
            note!("{}: the module leaves items as they are, and so does the index", folder.display());
        }
        Ok(moved.unwrap_or(items))
    }

    fn save(&self, index: &impl PersistentIndex, seconds_to_build: f64) -> Result<Report> {
        index.save(&self.out)?;
        Ok(Report {
            out: self.out.clone(),
            items: Index::len(index),
            dim: index.dim(),
            memory: index.memory_use(),
            file_bytes: std::fs::metadata(&self.out)?.len(),
            seconds_to_build,
        })
    }
}

impl From<Numbers> for Storage {
    fn from(numbers: Numbers) -> Self {
        match numbers {
            Numbers::F32 => Self::F32,
            Numbers::F16 => Self::F16,
            Numbers::I8 => Self::I8,
        }
    }
}
