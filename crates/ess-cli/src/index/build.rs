//! `ess index build`

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Result, bail, ensure};
use clap::{Args, builder::ArgPredicate};
use ess_core::{Embeddings, Index, MemoryUse, PersistentIndex};
use ess_data::EmbeddingStore;
use ess_index::{
    DefaultRecall, FlatBuilder, GraphBuilder, IdentifiedIndex, ItemVectors, IvfPqBuilder, Progress,
};
use ess_lexical::SparseIndexFile;
use serde::Serialize;

use crate::{
    arguments::{device::DeviceArguments, paths},
    data::saved_module::SearchingModule,
    output::options::Output,
};

use super::{
    bm25::{Bm25Arguments, Built, index_sparse},
    components::Components,
    default_recall,
    kind::Kind,
    tokens::TokenArguments,
};

const EXAMPLES: &str = "\
Examples:
  ess index build --items data/scifact/minilm/corpus.safetensors --dtype i8 --out target/scifact.index
  ess index build --kind graph --items data/scifact/minilm/corpus.safetensors --out target/scifact.index
  ess index build --kind tokens --bits 2 --items tokens/corpus.safetensors --out target/tokens.index
  ess index build --kind bm25 --beir data/scifact --out target/bm25.index";

/// Build an index from an embedding store, or of texts by BM25, and save it with the ids of the items.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[command(mut_arg("device", |device| device.requires("module")))]
pub(crate) struct Build {
    /// The items, as `ess encode` and `ess import` write them; sparse ones, of `ess encode --sparse`, get an exact index.
    #[arg(long, value_name = "STORE", required_unless_present = "beir", value_parser = paths::STORE.read())]
    items: Option<PathBuf>,
    /// A BEIR folder whose items' texts are indexed by BM25.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["items", "module"], value_parser = paths::BEIR.read())]
    beir: Option<PathBuf>,
    /// A saved searching module that moves items too: the moved items are indexed.
    #[arg(long, value_name = "MODULE_DIR", value_parser = paths::MODULE.read())]
    module: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArguments,
    /// The index file to write.
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    out: PathBuf,
    /// flat compares every query with every item. graph (Vamana) and ivf-pq (quantised) compare few of them exactly. tokens is
    /// of the vectors of items' tokens, compressed and compared by MaxSim, as PLAID does. bm25 is of texts (--beir), exact, and
    /// asked by texts [default with --beir: bm25].
    #[arg(long, value_enum, default_value_t = Kind::Flat, default_value_if("beir", ArgPredicate::IsPresent, "bm25"))]
    kind: Kind,
    #[command(flatten)]
    bm25: Bm25Arguments,
    /// How vectors are stored; i8 is for a flat index, exact too, and the quickest. A graph keeps f32 [default: f32].
    #[arg(long, alias = "storage", value_enum, value_name = "DTYPE")]
    dtype: Option<Components>,
    /// The maximum number of neighbours of an item in a graph [default: 32].
    #[arg(long)]
    degree: Option<usize>,
    /// The candidates kept while a graph is built [default: 100].
    #[arg(long, alias = "candidates")]
    ef_construction: Option<usize>,
    /// The lists of an IVF-PQ index; by its size if not given.
    #[arg(long)]
    lists: Option<usize>,
    #[command(flatten)]
    tokens: TokenArguments,
    /// The seed of the random choices that building a graph, an IVF-PQ index or an index of tokens makes [default: 0].
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Serialize)]
struct Report {
    out: PathBuf,
    items: usize,
    dim: usize,
    memory: Option<MemoryUse>,
    file_bytes: u64,
    seconds_to_build: f64,
    /// Of a graph, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_recall: Option<DefaultRecall>,
}

impl Build {
    pub(crate) fn run(self, output: &Output) -> Result<()> {
        let _lock = output.lock_files(&[("--out", &self.out)])?;
        self.refuse_flags_of_other_kinds()?;
        let is_sparse = |items: &PathBuf| SparseIndexFile::is_one(items);
        let report = match (&self.items, &self.beir, self.kind) {
            (None, Some(beir), Kind::Bm25) => self.report(self.bm25.build(beir, &self.out)?)?,
            (Some(items), None, kind) if is_sparse(items)? => {
                let fits = kind == Kind::Flat && self.module.is_none() && self.dtype.is_none();
                ensure!(
                    fits,
                    "--items: expected embeddings for this kind, --dtype and --module, found sparse vectors"
                );
                self.report(index_sparse(items, &self.out)?)?
            }
            (Some(items), None, Kind::Tokens) => return self.of_tokens(items, output),
            (Some(items), None, Kind::Flat | Kind::Graph | Kind::IvfPq) => {
                self.of_embeddings(items, output)?
            }
            (_, _, Kind::Bm25) => bail!("--kind bm25: expected texts by --beir DIR, found none"),
            _ => bail!("--kind: expected bm25 for the texts of --beir, found a kind of index of embeddings"),
        };
        say!(
            "{}: {} items of dimension {}, built in {:.2} s, {} bytes",
            report.out.display(),
            report.items,
            report.dim,
            report.seconds_to_build,
            report.file_bytes
        );
        if let Some(recall) = &report.default_recall {
            default_recall::tell(&report.out, recall);
        }
        output.write(&report)
    }

    fn seed(&self) -> u64 {
        self.seed.unwrap_or_default()
    }

    /// Refuses what the kind does not read, since it would change nothing.
    fn refuse_flags_of_other_kinds(&self) -> Result<()> {
        let given = [
            ("--dtype", self.dtype.is_some(), &[Kind::Flat, Kind::IvfPq][..]),
            ("--degree", self.degree.is_some(), &[Kind::Graph]),
            ("--ef-construction", self.ef_construction.is_some(), &[Kind::Graph]),
            ("--lists", self.lists.is_some(), &[Kind::IvfPq]),
            ("--seed", self.seed.is_some(), &[Kind::Graph, Kind::IvfPq, Kind::Tokens]),
        ];
        let bm25 = self.bm25.given().map(|(flag, given)| (flag, given, &[Kind::Bm25][..]));
        let tokens = self.tokens.given().map(|(flag, given)| (flag, given, &[Kind::Tokens][..]));
        for (flag, given, kinds) in given.into_iter().chain(bm25).chain(tokens) {
            ensure!(
                !given || kinds.contains(&self.kind),
                "{flag}: expected --kind {}, found --kind {}; leave the flag out",
                kinds.iter().map(Kind::name).collect::<Vec<_>>().join(" or "),
                self.kind.name()
            );
        }
        Ok(())
    }

    fn of_tokens(&self, items: &Path, output: &Output) -> Result<()> {
        ensure!(self.module.is_none(), "--module: expected an index of embeddings, found --kind tokens");
        let progress = if output.quiet { Progress::Silent } else { Progress::Bar };
        let report = self.tokens.build(items, &self.out, self.seed(), progress)?;
        say!(
            "{}: {} items of {} tokens of dimension {}, built in {:.2} s, {} bytes",
            self.out.display(),
            report.items,
            report.tokens,
            report.dim,
            report.seconds_to_build,
            report.file_bytes
        );
        output.write(&report)
    }

    fn report(&self, built: Built) -> Result<Report> {
        let Built { items, dim, memory, seconds } = built;
        Ok(Report {
            out: self.out.clone(),
            items,
            dim,
            memory: Some(memory),
            file_bytes: std::fs::metadata(&self.out)?.len(),
            seconds_to_build: seconds,
            default_recall: None,
        })
    }

    fn of_embeddings(&self, path: &Path, output: &Output) -> Result<Report> {
        let store = EmbeddingStore::open(path)?;
        let ids = store.ids().as_slice().to_vec();
        let (items, vectors) = self.moved(crate::data::dataset::searchable(&store, path)?)?;
        let start = Instant::now();
        let progress = if output.quiet { Progress::Silent } else { Progress::Bar };
        match self.kind {
            Kind::Flat => {
                let index = FlatBuilder::new(self.dtype.unwrap_or_default().into()).build(items)?;
                let seconds = start.elapsed().as_secs_f64();
                self.save(&IdentifiedIndex::new(index, ids)?.with_vectors(vectors), seconds)
            }
            Kind::Graph => {
                let usual = GraphBuilder::default();
                let degree = self.degree.unwrap_or(usual.degree);
                let candidates = self.ef_construction.unwrap_or(usual.candidates).max(degree);
                let builder = GraphBuilder { degree, candidates, seed: self.seed(), ..usual };
                let index = builder.build(items, progress)?;
                let seconds = start.elapsed().as_secs_f64();
                let default_recall = index.default_recall();
                let report = self.save(&IdentifiedIndex::new(index, ids)?.with_vectors(vectors), seconds)?;
                Ok(Report { default_recall, ..report })
            }
            Kind::IvfPq => {
                let (lists, storage) = (self.lists, self.dtype.unwrap_or_default().into());
                let builder = IvfPqBuilder { lists, storage, seed: self.seed(), ..IvfPqBuilder::default() };
                let index = builder.build(items, progress)?;
                let seconds = start.elapsed().as_secs_f64();
                self.save(&IdentifiedIndex::new(index, ids)?.with_vectors(vectors), seconds)
            }
            Kind::Bm25 => bail!("--kind bm25: expected texts, found embeddings"),
            Kind::Tokens => bail!("--kind tokens: expected token states, found embeddings"),
        }
    }

    /// The items as the module moves them, if one was named, and which vectors they are.
    fn moved(&self, items: Embeddings) -> Result<(Embeddings, ItemVectors)> {
        let Some(folder) = &self.module else { return Ok((items, ItemVectors::Encoded)) };
        let module = SearchingModule::load(folder, &self.device.open()?)?;
        match module.moved(&items)? {
            Some(moved) => Ok((moved, module.item_vectors()?)),
            None => {
                note!("{}: the module leaves items as they are, and so does the index", folder.display());
                Ok((items, ItemVectors::Encoded))
            }
        }
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
            default_recall: None,
        })
    }
}
