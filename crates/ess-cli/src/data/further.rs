//! What other encoders and systems say of the same queries and items.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use ess_auto::{
    AutoQueries, Collection, FurtherQueries, ItemScores, TrainingQueries, register_encoding, register_scores,
};
use ess_core::{Encoding, Ids};
use ess_data::read_run;
use ess_kit::Dataset;
use ess_lexical::{SparseVectors, SparseVectorsFile};
use ess_metrics::Run;

use crate::arguments::further::FurtherArguments;

use super::dataset::{RankingArguments, open_for_rankings};

/// What is weighed beside the embeddings that are searched, each under its name, which is a feature's.
pub(crate) struct FurtherData(Vec<(String, Source)>);

enum Source {
    Dense(Box<Dataset>),
    Sparse { items: Rows, queries: Rows },
    Scores { path: PathBuf, run: Run },
}

/// Sparse vectors by id.
struct Rows {
    path: PathBuf,
    ids: Ids,
    vectors: SparseVectors,
}

impl FurtherData {
    /// Opens all, and makes their names known as features.
    ///
    /// # Errors
    /// For a name that another feature has, and for files that cannot be read.
    pub(crate) fn open(arguments: &FurtherArguments) -> Result<Self> {
        let mut all = Vec::new();
        for named in &arguments.encoding {
            register_encoding(&named.name).context("--encoding")?;
            all.push((named.name.clone(), Source::open(&named.path)?));
        }
        for named in &arguments.scores {
            register_scores(&named.name).context("--scores")?;
            let (path, run) = (named.path.clone(), read_run(&named.path)?);
            all.push((named.name.clone(), Source::Scores { path, run }));
        }
        Ok(Self(all))
    }

    /// The names, which are those of features.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The items of a collection with what encoders give for them.
    ///
    /// # Errors
    /// For an item that an encoder has nothing of, and for a name that is given twice.
    pub(crate) fn with_items(&self, mut collection: Collection) -> Result<Collection> {
        for (name, source) in &self.0 {
            let ids = collection.ids().as_slice().to_vec();
            collection = match source {
                Source::Dense(dataset) => {
                    let rows = rows_of(&ids, dataset.item_ids(), dataset.item_store().path())?;
                    collection.with_encoding(name, dataset.items().select(&rows)?)?
                }
                Source::Sparse { items, .. } => collection.with_sparse_encoding(name, items.of(&ids)?)?,
                Source::Scores { .. } => collection,
            };
        }
        Ok(collection)
    }

    /// Queries to choose from, by their ids, with what is said of them; `items` are those of the collection.
    ///
    /// # Errors
    /// For a query that an encoder or a run has nothing of, and for scores of items that there are not.
    pub(crate) fn with_training_queries(
        &self,
        mut queries: TrainingQueries,
        ids: &[String],
        items: &Ids,
    ) -> Result<TrainingQueries> {
        for (name, source) in &self.0 {
            queries = queries.with_further(name, source.of_queries(ids, items)?)?;
        }
        Ok(queries)
    }

    /// Queries to search for, likewise.
    ///
    /// # Errors
    /// Those of [`FurtherData::with_training_queries`].
    pub(crate) fn with_queries(
        &self,
        mut queries: AutoQueries,
        ids: &[String],
        items: &Ids,
    ) -> Result<AutoQueries> {
        for (name, source) in &self.0 {
            queries = queries.with_further(name, source.of_queries(ids, items)?)?;
        }
        Ok(queries)
    }
}

impl Source {
    fn open(folder: &Path) -> Result<Self> {
        let [items, queries] = ["corpus.sparse", "queries.sparse"].map(|name| folder.join(name));
        if items.exists() && !folder.join("corpus.safetensors").exists() {
            return Ok(Self::Sparse { items: Rows::open(items)?, queries: Rows::open(queries)? });
        }
        Ok(Self::Dense(Box::new(open_for_rankings(folder, RankingArguments::default())?)))
    }

    /// What it says of some queries.
    fn of_queries(&self, ids: &[String], items: &Ids) -> Result<FurtherQueries> {
        Ok(match self {
            Self::Dense(dataset) => {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                FurtherQueries::Dense(dataset.query_embeddings(&ids)?)
            }
            Self::Sparse { queries, .. } => FurtherQueries::Sparse(queries.of(ids)?),
            Self::Scores { path, run } => {
                let of_query = |id: &String| scored(id, run, items, path);
                let scores = ids.iter().map(of_query).collect::<Result<_>>()?;
                FurtherQueries::Scores(ItemScores::new(scores)?)
            }
        })
    }
}

impl Rows {
    fn open(path: PathBuf) -> Result<Self> {
        let file = SparseVectorsFile::open(&path)?;
        let ids = Ids::new(file.ids).with_context(|| path.display().to_string())?;
        Ok(Self { path, ids, vectors: file.vectors })
    }

    fn of(&self, ids: &[String]) -> Result<SparseVectors> {
        Ok(self.vectors.select_rows(&rows_of(ids, &self.ids, &self.path)?)?)
    }
}

/// The items of a query by row, with their scores. A query without any is refused: left out of the file by mistake, it would
/// pass for one of which the system says nothing.
fn scored(query: &str, run: &Run, items: &Ids, path: &Path) -> Result<Vec<(usize, f32)>> {
    let shown = path.display();
    ensure!(
        run.get(query).is_some(),
        "{shown}: expected a line of every query that is used, found none of {query:?}"
    );
    let hits = run.ranking(query).into_iter();
    hits.map(|(item, score)| Ok((row_of(item, items, path)?, score))).collect()
}

fn rows_of(ids: &[String], among: &Ids, path: &Path) -> Result<Vec<usize>> {
    ids.iter().map(|id| row_of(id, among, path)).collect()
}

fn row_of(id: &str, among: &Ids, path: &Path) -> Result<usize> {
    among
        .row(id)
        .with_context(|| format!("{}: queries and items are to be those of --embeddings", path.display()))
}
