//! `ess merge`: puts the shares that several machines encoded together.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use ess_core::Ids;
use ess_data::{EmbeddingStore, Item, Provenance, Query, Record, write_store_in_batches};
use ess_files::{Checksum, FileLock};
use serde::de::DeserializeOwned;

use crate::{
    arguments::paths,
    data::{
        beir_input::BeirInput,
        file_checksum::file_checksum,
        manifest::{MANIFEST, Manifest, Merged, Share},
        shard_files::ShardFiles,
    },
    encode::inputs::Inputs,
    output::options::Output,
};

const EXAMPLES: &str = "\
Examples:
  ess merge --embeddings my
  ess merge --embeddings my --beir my-beir --json merged.json";

/// Rows that are copied at once.
const BATCH: usize = 8192;

/// Put the shares of `encode --shard` together: corpus.1-of-4.safetensors and so on become corpus.safetensors.
///
/// Every share is read through and must be whole, of the same encoder and settings, and none may be missing. manifest.json says
/// which shares went where, with their checksums; `ess verify` reads it. The shares stay.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The folder with the shares.
    #[arg(long, value_name = "DIR", value_parser = paths::SHARES.read())]
    embeddings: PathBuf,
    /// The BEIR folder that was encoded, or its URL on an object store (build with --features object-store): shares of other texts are then refused, and `encode` takes what is merged for its own.
    /// Passages are not compared with it, and `encode --passages` encodes them again.
    #[arg(long, value_name = "DIR", value_parser = paths::BEIR.read_or_url())]
    beir: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let folder = &arguments.embeddings;
    let _lock = output.lock_files(&[("--embeddings", &folder.join(MANIFEST))])?;
    // One that another program wrote, or that was altered, is not replaced.
    Manifest::read(folder).with_context(|| format!("{MANIFEST}: expected none, or one of ess merge"))?;
    let mut files = Vec::new();
    for name in ["corpus", "passages", "queries"] {
        let Some(shares) = ShardFiles::find(folder, name)? else { continue };
        let inputs = match (&arguments.beir, name) {
            (Some(beir), "corpus") => {
                Some(inputs(beir, "corpus.jsonl", |item: Item| (item.title_and_text(), item.id))?)
            }
            (Some(beir), "queries") => {
                Some(inputs(beir, "queries.jsonl", |query: Query| (query.text, query.id))?)
            }
            _ => None,
        };
        files.push(merge(folder, name, &shares, inputs, output)?);
    }
    ensure!(
        !files.is_empty(),
        "{}: expected shares such as corpus.1-of-4.safetensors, found none",
        folder.display()
    );
    for merged in &files {
        say!("{}: {} rows of {} shares", merged.file, merged.rows, merged.shares.len());
    }
    let manifest = Manifest::new(files);
    manifest.write(folder)?;
    output.write(&manifest)
}

/// The ids and texts that were to be encoded.
fn inputs<R: Record + DeserializeOwned>(
    beir: &Path,
    file: &str,
    text: impl Fn(R) -> (String, String),
) -> Result<Vec<(String, Checksum)>> {
    let records = BeirInput::find(beir, file)?.records::<R>()?;
    let sum = |record: Result<R, ess_data::Error>| {
        record.map(&text).map(|(text, id)| (id, Checksum::of(text.as_bytes())))
    };
    Ok(records.map(sum).collect::<Result<_, _>>()?)
}

fn merge(
    folder: &Path,
    name: &str,
    shares: &ShardFiles,
    inputs: Option<Vec<(String, Checksum)>>,
    output: &Output,
) -> Result<Merged> {
    let file = format!("{name}.safetensors");
    let out = folder.join(&file);
    let _out = output.lock_files(&[("--embeddings", &out)])?;
    // No run of `encode` replaces a share between its copy and its checksum.
    let _shares = shares.paths.iter().map(|path| FileLock::acquire(path)).collect::<Result<Vec<_>, _>>()?;
    let stores = shares.paths.iter().map(EmbeddingStore::open).collect::<Result<Vec<_>, _>>()?;
    let first = &stores[0];
    for store in &stores {
        same_kind(first, store)?;
    }
    let ids: Vec<String> = stores.iter().flat_map(|store| store.ids().as_slice()).cloned().collect();
    let sum = inputs.map(|all| check_inputs(&stores, all, shares)).transpose()?;
    let ids = Ids::new(ids).with_context(|| format!("the shares of {file}"))?;
    let provenance = Provenance { inputs: sum, ..first.provenance().clone() };
    let batches = || stores.iter().flat_map(|store| store.batches(BATCH));
    write_store_in_batches(&out, &ids, first.dim(), first.dtype(), &provenance, batches())?;
    let mut first_row = 0;
    let mut described = Vec::new();
    for (path, store) in shares.paths.iter().zip(&stores) {
        let rows = store.ids().len();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        described.push(Share { file, first_row, rows, checksum: file_checksum(path)? });
        first_row += rows;
    }
    Ok(Merged { file, rows: first_row, dim: first.dim(), checksum: file_checksum(&out)?, shares: described })
}

/// Refuses shares of different encoders, dimensions or types.
fn same_kind(first: &EmbeddingStore, store: &EmbeddingStore) -> Result<()> {
    let of = |store: &EmbeddingStore| Provenance { inputs: None, ..store.provenance().clone() };
    let path = store.path().display();
    ensure!(
        store.token_dim().is_none(),
        "{path}: expected vectors alone, found token states, which are not merged"
    );
    ensure!(
        (store.dim(), store.dtype()) == (first.dim(), first.dtype()),
        "{path}: expected {} × {}, as in {}, found {} × {}",
        first.dim(),
        first.dtype(),
        first.path().display(),
        store.dim(),
        store.dtype()
    );
    ensure!(
        of(store) == of(first),
        "{path}: of another encoder, or encoded in another way, than {}",
        first.path().display()
    );
    Ok(())
}

/// Refuses shares of other texts; the checksum of all.
fn check_inputs(
    stores: &[EmbeddingStore],
    all: Vec<(String, Checksum)>,
    shares: &ShardFiles,
) -> Result<String> {
    let whole = all.len();
    let inputs = Inputs::new(all, 0..whole)?;
    let mut start = 0;
    for (store, path) in stores.iter().zip(&shares.paths) {
        let end = start + store.ids().len();
        let expected = inputs.ids.as_slice().get(start..end);
        let same = expected == Some(store.ids().as_slice())
            && store.provenance().inputs.as_deref() == Some(inputs.checksum(start..end).as_str());
        ensure!(same, "{}: of other texts or ids than those of the BEIR folder", path.display());
        start = end;
    }
    if start != whole {
        bail!("the shares have {start} rows, the BEIR folder {whole} records");
    }
    Ok(inputs.checksum(0..whole))
}
