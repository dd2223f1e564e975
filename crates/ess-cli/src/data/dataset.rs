//! Datasets as the programs open them: what is left out or changed is said on the terminal.

use std::path::Path;

use anyhow::Result;
use ess_core::Embeddings;
use ess_data::{Dropped, EmbeddingStore, Provenance};
use ess_kit::{Dataset, JudgedQueries, StoredEncoding};
use serde::{Deserialize, Serialize};

/// What becomes of judgements without embeddings, on the command line.
#[derive(clap::Args, Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct JoinArguments {
    /// Leave out queries and judged items that have no embedding, and say how many, instead of refusing the judgements. A
    /// query that is left still counts its relevant items without an embedding as not found.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) allow_missing: bool,
}

/// What the rankings that are measured have, on the command line.
#[derive(clap::Args, Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RankingArguments {
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) join: JoinArguments,
    /// Leave the item that has a query's own id out of every ranking that is measured, as BEIR does where queries are items too
    /// (ArguAna, Quora).
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) ignore_identical_ids: bool,
}

/// Opens a folder, and says where vectors were brought to unit norm.
///
/// # Errors
/// Those of [`Dataset::open`].
pub(crate) fn open_for_rankings(folder: &Path, ranked: RankingArguments) -> Result<Dataset> {
    let dataset = Dataset::open(folder)?.allow_missing(ranked.join.allow_missing);
    say_unit_norm(dataset.item_store().provenance(), dataset.item_store().path());
    if let Some(spaces) = dataset.differing_spaces() {
        let folder = folder.display();
        note!(
            "note: {folder}: {spaces}: their similarity means nothing before a module is trained between them"
        );
    }
    Ok(dataset.ignore_identical_ids(ranked.ignore_identical_ids))
}

/// The vectors of items, brought to unit norm where their encoder is meant for the cosine and did not do it, which is said.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn searchable(store: &EmbeddingStore, path: &Path) -> Result<Embeddings> {
    say_unit_norm(store.provenance(), path);
    Ok(ess_kit::searchable(store)?)
}

/// As [`searchable`], of a file.
///
/// # Errors
/// When the store cannot be opened or read.
pub(crate) fn open_searchable(path: &Path) -> Result<Embeddings> {
    searchable(&EmbeddingStore::open(path)?, path)
}

/// Says so where vectors had to be brought to unit norm.
pub(crate) fn say_unit_norm(provenance: &Provenance, path: &Path) {
    if provenance.needs_unit_norm() {
        note!(
            "note: {}: vectors are brought to unit norm, as their encoder is meant for the cosine",
            path.display()
        );
    }
}

/// Reads a qrels file and joins it with the embeddings, and says what was left out.
///
/// # Errors
/// Those of [`Dataset::judge_file`].
pub(crate) fn judge_file(dataset: &Dataset, path: &Path) -> Result<JudgedQueries> {
    judge_file_as(dataset, path)
}

/// As [`judge_file`], with another encoding of the queries.
///
/// # Errors
/// Those of [`Dataset::judge_file_as`].
pub(crate) fn judge_file_as<E: StoredEncoding>(dataset: &Dataset, path: &Path) -> Result<JudgedQueries<E>> {
    let judged = dataset.judge_file_as(path)?;
    say_left_out(path, &judged.left_out);
    Ok(judged)
}

/// Reads a qrels file and cuts it into train and dev, and says what was left out.
///
/// # Errors
/// Those of [`Dataset::train_and_dev_as`].
pub(crate) fn train_and_dev<E: StoredEncoding>(
    dataset: &Dataset,
    path: &Path,
    dev_share: f64,
    seed: u64,
) -> Result<[JudgedQueries<E>; 2]> {
    let (train, dev) = dataset.train_and_dev_as(path, dev_share, seed)?;
    [&train, &dev].iter().for_each(|side| say_left_out(path, &side.left_out));
    Ok([train, dev])
}

/// Says on the terminal what has no embedding, if anything has none.
pub(crate) fn say_left_out(qrels: &Path, left_out: &Dropped) {
    if *left_out != Dropped::default() {
        note!(
            "{}: without an embedding: {} queries, left out, and {} judgements; a relevant item without one counts as not found",
            qrels.display(),
            left_out.queries,
            left_out.judgements
        );
    }
}
