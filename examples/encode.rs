//! Encodes the items and queries of a BEIR folder with a sentence-transformers model.
//!
//! `cargo run --release --example encode -- --model MODEL_DIR --beir DIR --out DIR`
//!
//! Work is kept in parts under `--out`/parts: when the program is stopped at any moment, the same command goes on
//! where it was. Memory is that of the model, the ids and one part.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, Result, anyhow, ensure};
use clap::Parser;
use ess_core::{Embeddings, Ids, ItemEncoder, QueryEncoder};
use ess_data::{
    Dtype, EmbeddingStore, Item, Provenance, Query, Record, RecordReader, write_store, write_store_in_batches,
};
use ess_encoders::{LayerEncoder, SentenceEncoder, TwoTowerEncoder};
use ess_examples::write_json;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Serialize, de::DeserializeOwned};

/// Encode the items and queries of a BEIR folder with a sentence-transformers model.
///
/// Writes corpus.safetensors and queries.safetensors, for the programs that take `--embeddings DIR`; of a shard
/// corpus.2-of-4.safetensors and so on. Runs on all cores (RAYON_NUM_THREADS sets how many) and resumes.
#[derive(Parser)]
#[command(name = "encode")]
struct Arguments {
    /// The model: a sentence-transformers folder.
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// A folder with corpus.jsonl and queries.jsonl, plain or as .gz.
    #[arg(long, value_name = "DIR")]
    beir: PathBuf,
    /// The folder to write to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Encode one share of several, so that several machines can do the work.
    #[arg(long, default_value = "1/1", value_name = "NUMBER/OF")]
    shard: Shard,
    /// Layers whose poolings follow the sentence embedding, such as 3,5.
    #[arg(long, value_delimiter = ',', value_name = "LAYERS")]
    layers: Vec<usize>,
    /// How numbers are stored: f16 halves the file, f32 keeps every bit.
    #[arg(long, default_value = "f16", value_name = "f16|f32")]
    dtype: Dtype,
    /// Records in a part: the work that is lost at most when the program is stopped.
    #[arg(long, default_value_t = 2048, value_name = "RECORDS")]
    part: usize,
    /// Show no progress.
    #[arg(long)]
    quiet: bool,
    /// Also write what was done as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    items: usize,
    queries: usize,
    dim: usize,
    provenance: Provenance,
    seconds: f64,
}

/// `number/of`, both from 1.
#[derive(Clone, Copy, Debug)]
struct Shard {
    number: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed =
            text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parsed {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err(format!("expected NUMBER/OF, such as 2/4; found {text}")),
        }
    }
}

impl Shard {
    fn rows(self, all: usize) -> Range<usize> {
        all * (self.number - 1) / self.of..all * self.number / self.of
    }

    fn file(self, name: &str) -> String {
        match self.of {
            1 => format!("{name}.safetensors"),
            of => format!("{name}.{}-of-{of}.safetensors", self.number),
        }
    }
}

/// What the parts of a run have in common.
struct Job {
    arguments: Arguments,
    provenance: Provenance,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    ensure!(arguments.part > 0, "--part: expected at least 1, found 0");
    let provenance = provenance(&arguments)?;
    let job = Job { arguments, provenance };
    let (model, layers) = (&job.arguments.model, &job.arguments.layers);
    if model.join("router_config.json").is_file() {
        ensure!(layers.is_empty(), "--layers: expected a model with one encoder, found two");
        return job.run(&TwoTowerEncoder::load(model)?);
    }
    let encoder = Arc::new(SentenceEncoder::load(model)?);
    if layers.is_empty() { job.run(&encoder) } else { job.run(&LayerEncoder::new(encoder, layers.clone())?) }
}

/// The model's name and a checksum of its weights, so that parts of another model are not taken for this one's.
fn provenance(arguments: &Arguments) -> Result<Provenance> {
    let model = arguments.model.canonicalize().with_context(|| arguments.model.display().to_string())?;
    let files = ["model.safetensors", "model.safetensors.index.json", "router_config.json"];
    let weights = files.iter().find_map(|name| std::fs::read(model.join(name)).ok()).unwrap_or_default();
    let name = model.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let layers = match arguments.layers.as_slice() {
        [] => String::new(),
        layers => format!(", then the poolings of layers {layers:?}"),
    };
    Ok(Provenance {
        encoder: Some(format!("{name} {}{layers}", ess_files::Checksum::of(&weights))),
        text: Some("items: title + \" \" + text".to_owned()),
        ..Provenance::default()
    })
}

impl Job {
    fn run<E>(&self, encoder: &E) -> Result<()>
    where
        E: QueryEncoder<Query = str, Encoding = Embeddings> + ItemEncoder<Item = str>,
    {
        let started = Instant::now();
        let items = self.encode_file("corpus", Item::title_and_text, |texts| encoder.encode_items(texts))?;
        let queries = self.encode_file(
            "queries",
            |query: &Query| query.text.clone(),
            |texts| encoder.encode_queries(texts),
        )?;
        if let Some(path) = &self.arguments.json {
            let report = Report {
                items,
                queries,
                dim: ItemEncoder::dim(encoder),
                provenance: self.provenance.clone(),
                seconds: started.elapsed().as_secs_f64(),
            };
            write_json(path, &report)?;
        }
        Ok(())
    }

    /// Encodes one file's share part by part, and puts the parts together; the number of its records.
    fn encode_file<R: Record + DeserializeOwned>(
        &self,
        name: &str,
        text: impl Fn(&R) -> String,
        encode: impl Fn(&[&str]) -> Result<Embeddings, ess_core::Error>,
    ) -> Result<usize> {
        let input = self.input(name)?;
        let mut ids = RecordReader::<R>::open(&input)?
            .map(|record| Ok(record?.id().to_owned()))
            .collect::<Result<Vec<_>, ess_data::Error>>()?;
        let rows = self.arguments.shard.rows(ids.len());
        let ids = Ids::new(ids.drain(rows.clone()).collect())?;
        let out = self.arguments.out.join(self.arguments.shard.file(name));
        if self.is_whole(&out, ids.as_slice()) {
            return Ok(ids.len());
        }
        let bar = self.progress_bar(name, ids.len());
        let mut records = RecordReader::<R>::open(&input)?.skip(rows.start);
        let mut parts = Vec::new();
        for wanted in ids.as_slice().chunks(self.arguments.part) {
            let records = records.by_ref().take(wanted.len()).collect::<Result<Vec<_>, _>>()?;
            let part = self.part(name, parts.len());
            if !self.is_whole(&part, wanted) {
                let texts: Vec<_> = records.iter().map(&text).collect();
                let embeddings = encode(&texts.iter().map(String::as_str).collect::<Vec<_>>())?;
                let ids = Ids::new(wanted.to_vec())?;
                write_store(&part, &ids, &embeddings, self.arguments.dtype, &self.provenance)?;
            }
            bar.inc(wanted.len() as u64);
            parts.push(part);
        }
        self.join(&out, &ids, &parts)?;
        bar.finish();
        Ok(ids.len())
    }

    fn input(&self, name: &str) -> Result<PathBuf> {
        let plain = self.arguments.beir.join(format!("{name}.jsonl"));
        let packed = self.arguments.beir.join(format!("{name}.jsonl.gz"));
        let missing = || anyhow!("{}: no such file, nor with .gz", plain.display());
        [&plain, &packed].into_iter().find(|path| path.is_file()).cloned().ok_or_else(missing)
    }

    fn part(&self, name: &str, number: usize) -> PathBuf {
        let file = self.arguments.shard.file(name);
        self.arguments.out.join("parts").join(format!("{number}-by-{}.{file}", self.arguments.part))
    }

    /// Whether a file is there, undamaged, and what this run would write.
    fn is_whole(&self, path: &Path, ids: &[String]) -> bool {
        EmbeddingStore::open(path).is_ok_and(|store| {
            let same_kind = store.dtype() == self.arguments.dtype && *store.provenance() == self.provenance;
            same_kind && store.ids().as_slice() == ids
        })
    }

    fn join(&self, out: &Path, ids: &Ids, parts: &[PathBuf]) -> Result<()> {
        let first = parts.first().context("a shard without records")?;
        let dim = EmbeddingStore::open(first)?.dim();
        let batches = parts.iter().map(|part| EmbeddingStore::open(part)?.to_embeddings());
        write_store_in_batches(out, ids, dim, self.arguments.dtype, &self.provenance, batches)?;
        for part in parts {
            std::fs::remove_file(part)?;
        }
        // Parts of other shards may still be there.
        let _ = std::fs::remove_dir(self.arguments.out.join("parts"));
        Ok(())
    }

    fn progress_bar(&self, name: &str, records: usize) -> ProgressBar {
        if self.arguments.quiet {
            return ProgressBar::hidden();
        }
        let template = "{msg} {wide_bar} {human_pos}/{human_len}, {per_sec}, {eta} left";
        let style = ProgressStyle::with_template(template).expect("a valid template");
        ProgressBar::new(records as u64).with_style(style).with_message(name.to_owned())
    }
}
