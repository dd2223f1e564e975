//! Recall and speed of an approximate index, with the least effort that reaches a recall.

use std::path::{Path, PathBuf};

use clap::Args;
use cpu_time::ProcessTime;
use ess_core::{Effort, Embeddings, Index, SearchParams};
use ess_data::{Dtype, EmbeddingStore, write_npy};
use ess_index::FlatIndex;

use crate::{
    figures::figure,
    vectors::{Vectors, with_norms},
};

const K: usize = 10;

/// Why a bench stops.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The numbers of hits that default efforts are measured with.
const DEFAULT_KS: [usize; 4] = [1, 10, 40, 100];

/// What an approximate index is measured on: generated vectors of one kind ([`Vectors`]), or those of stores, k = 10. Effort is
/// tuned on one half of the queries; recall and speed are those of the other half, at the tuned efforts and at the default.
#[derive(Args)]
pub struct RecallAndSpeed {
    /// A folder of `ess encode`, whose corpus.safetensors has the items and queries.safetensors the queries; without it
    /// they are generated.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["items", "queries", "dim", "vectors", "norm_sigma"])]
    pub embeddings: Option<PathBuf>,
    /// The number of items.
    #[arg(long, default_value_t = 30_000)]
    pub items: usize,
    /// The number of queries: half to tune on, half to measure.
    #[arg(long, default_value_t = 2000)]
    pub queries: usize,
    /// The dimension.
    #[arg(long, default_value_t = 384)]
    pub dim: usize,
    /// What items and queries are like.
    #[arg(long, value_enum, default_value_t = Vectors::LowIntrinsic)]
    pub vectors: Vectors,
    /// The standard deviation of the logarithms of the items' norms; 0 for unit norms.
    #[arg(long, default_value_t = 0.0)]
    pub norm_sigma: f32,
    /// Recalls to tune for.
    #[arg(long, value_delimiter = ',', default_values_t = [0.9, 0.95, 0.99])]
    pub recall: Vec<f64>,
    /// Passes of which the best counts.
    #[arg(long, default_value_t = 5)]
    pub passes: usize,
    /// Write items.npy and queries.npy into this folder, for the peers.
    #[arg(long)]
    pub export: Option<PathBuf>,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    pub bench: bool,
}

/// Vectors, and exact search over them.
pub struct Measured {
    /// The items.
    pub items: Embeddings,
    exact: FlatIndex,
    tuning: Embeddings,
    queries: Embeddings,
    recall: Vec<f64>,
    passes: usize,
}

impl RecallAndSpeed {
    /// Generates or reads the vectors, writes them if asked to, and prints how fast exact search is, all on rayon's current
    /// pool.
    ///
    /// # Errors
    /// Those of the files; items and queries of two dimensions; fewer than two queries.
    pub fn start(&self) -> Result<Measured, Failure> {
        let [items, queries] = self.items_and_queries()?;
        if let Some(folder) = &self.export {
            export(folder, &items, &queries)?;
        }
        let half = queries.len() / 2;
        let measured = Measured {
            exact: FlatIndex::new(items.clone())?,
            items,
            tuning: queries.select(&(0..half).collect::<Vec<_>>())?,
            queries: queries.select(&(half..queries.len()).collect::<Vec<_>>())?,
            recall: self.recall.clone(),
            passes: self.passes,
        };
        let seconds = least_seconds(1, || measured.exact.search(&measured.queries, K))?;
        print(&format!("exact: {:.0} queries per CPU-second", measured.queries.len() as f64 / seconds));
        Ok(measured)
    }

    fn items_and_queries(&self) -> Result<[Embeddings; 2], Failure> {
        if let Some(folder) = &self.embeddings {
            let read = |name: &str| EmbeddingStore::open(folder.join(name))?.to_embeddings();
            return Ok([read("corpus.safetensors")?, read("queries.safetensors")?]);
        }
        let [items, queries] = self.vectors.draw(self.items, self.queries.max(2), self.dim);
        let spread = self.norm_sigma != 0.0;
        Ok([if spread { with_norms(items, self.norm_sigma) } else { items }, queries])
    }
}

impl Measured {
    /// Builds an index, and prints its CPU time and memory, then for the default effort and for every recall asked for: recall and queries per
    /// CPU-second on queries that were not tuned on, all in a batch and one by one.
    ///
    /// # Errors
    /// Those of the index.
    pub fn report<I: Index, E: Into<Failure>>(
        &self,
        name: &str,
        build: impl FnOnce(Embeddings) -> Result<I, E>,
    ) -> Result<(), Failure> {
        let items = self.items.clone();
        let start = ProcessTime::now();
        let index = build(items).map_err(Into::into)?;
        let built = start.elapsed().as_secs_f64();
        let bytes = index.memory_use().map_or(0, |memory| memory.total());
        let per_item = bytes as f64 / index.len() as f64;
        print(&format!("{name}: built in {built:.1} CPU-s, {per_item:.0} bytes an item"));
        for k in DEFAULT_KS {
            self.print_default(&index, k)?;
        }
        for &target in &self.recall {
            match index.tune(&self.exact, &self.tuning, K, target) {
                Ok(tuned) => self.print_speed(name, &index, &tuned.effort.into())?,
                Err(error) => print(&format!("  {error}")),
            }
        }
        Ok(())
    }

    fn print_default(&self, index: &impl Index, k: usize) -> Result<(), Failure> {
        let recall = index.recall_against(&self.exact, &self.queries, k, &Effort::default())?;
        let seconds = least_seconds(self.passes, || index.search(&self.queries, k))?;
        let rate = self.queries.len() as f64 / seconds;
        print(&format!(
            "  default, k = {k}: recall {recall:.4}, {rate:.0} queries per CPU-second in a batch"
        ));
        Ok(())
    }

    fn print_speed(&self, name: &str, index: &impl Index, params: &SearchParams) -> Result<(), Failure> {
        let recall = index.recall_against(&self.exact, &self.queries, K, &params.effort)?;
        let batch = least_seconds(self.passes, || index.search_with(&self.queries, K, params))?;
        let alone: Vec<Embeddings> =
            self.queries.rows().map(|row| Embeddings::from_rows(&[row])).collect::<Result<_, _>>()?;
        let one_by_one = least_seconds(self.passes, || {
            alone.iter().try_for_each(|query| index.search_with(query, K, params).map(drop))
        })?;
        let rate = |seconds: f64| self.queries.len() as f64 / seconds;
        figure(name, 1.0 / rate(batch), recall)?;
        print(&format!(
            "  recall {recall:.4}: {:.0} queries per CPU-second in a batch, {:.0} one by one ({:?})",
            rate(batch),
            rate(one_by_one),
            params.effort
        ));
        Ok(())
    }
}

fn export(folder: &Path, items: &Embeddings, queries: &Embeddings) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    write_npy(folder.join("items.npy"), items, Dtype::F32)?;
    write_npy(folder.join("queries.npy"), queries, Dtype::F32)?;
    Ok(())
}

/// The minimum CPU time of several passes, in seconds.
///
/// # Errors
/// The work's.
pub fn least_seconds<T, E>(passes: usize, mut work: impl FnMut() -> Result<T, E>) -> Result<f64, E> {
    let mut least = f64::INFINITY;
    for _ in 0..passes.max(1) {
        let start = ProcessTime::now();
        std::hint::black_box(work()?);
        least = least.min(start.elapsed().as_secs_f64());
    }
    Ok(least)
}

#[allow(clippy::print_stdout, reason = "the table is what the benches are for")]
fn print(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use ess_core::Ids;
    use ess_data::{NpyMatrix, Provenance, write_store};
    use ess_index::{GraphBuilder, IvfPqBuilder, Progress};

    use super::*;
    use crate::generated::low_intrinsic;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        measured: RecallAndSpeed,
    }

    fn parse(arguments: &[&str]) -> Result<RecallAndSpeed, clap::Error> {
        Arguments::try_parse_from([&["bench"], arguments].concat()).map(|arguments| arguments.measured)
    }

    fn store(path: &Path, embeddings: &Embeddings) {
        let ids = Ids::new((0..embeddings.len()).map(|row| row.to_string()).collect()).unwrap();
        write_store(path, &ids, embeddings, Dtype::F32, &Provenance::default()).unwrap();
    }

    /// 300 items, of which 40 are the same and 40 are zeros.
    fn items() -> Embeddings {
        let mut matrix = low_intrinsic(300, 16, 1).into_matrix();
        let first = matrix.row(0).to_owned();
        matrix.rows_mut().into_iter().skip(1).take(39).for_each(|mut row| row.assign(&first));
        matrix.rows_mut().into_iter().skip(100).take(40).for_each(|mut row| row.fill(0.0));
        Embeddings::new(matrix).unwrap()
    }

    #[test]
    fn stored_vectors_are_measured_as_they_are_with_copies_and_zeros_among_them() {
        let folder = tempfile::tempdir().unwrap();
        let export = folder.path().join("export");
        let [stored, exported] = [folder.path(), &export].map(|path| path.to_str().unwrap());
        let (items, queries) = (items(), low_intrinsic(21, 16, 2));
        store(&folder.path().join("corpus.safetensors"), &items);
        store(&folder.path().join("queries.safetensors"), &queries);
        let asked = parse(&["--embeddings", stored, "--export", exported, "--passes", "1"]).unwrap();
        let measured = asked.start().unwrap();
        assert_eq!(measured.items, items);
        assert_eq!((measured.tuning.len(), measured.queries.len()), (10, 11));
        assert_eq!(measured.queries.row(0), queries.row(10));
        for (name, expected) in [("items.npy", &items), ("queries.npy", &queries)] {
            assert_eq!(&NpyMatrix::open(export.join(name)).unwrap().to_embeddings().unwrap(), expected);
        }
        measured.report("graph", |items| GraphBuilder::default().build(items, Progress::Silent)).unwrap();
        let lists = IvfPqBuilder { lists: Some(8), ..IvfPqBuilder::default() };
        measured.report("8 lists", |items| lists.build(items, Progress::Silent)).unwrap();
    }

    #[test]
    fn stored_vectors_and_settings_of_generated_ones_exclude_each_other() {
        assert_eq!(parse(&[]).unwrap().items, 30_000);
        for generated in [
            ["--items", "20"],
            ["--queries", "2"],
            ["--dim", "4"],
            ["--vectors", "random"],
            ["--norm-sigma", "1"],
        ] {
            let error = parse(&[&["--embeddings", "folder"], &generated[..]].concat()).err().unwrap();
            assert_eq!(error.kind(), clap::error::ErrorKind::ArgumentConflict, "{generated:?}");
        }
    }

    #[test]
    fn a_folder_without_stores_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let failure =
            parse(&["--embeddings", folder.path().to_str().unwrap()]).unwrap().start().err().unwrap();
        assert!(failure.to_string().contains("corpus.safetensors"), "{failure}");
    }
}
