//! The systems of a data set, side by side.

use anyhow::{Context, Result, ensure};
use ess_metrics::Bootstrap;

use crate::experiment::{
    compared::Compared,
    kept::Kept,
    over_seeds::{OverSeeds, mean},
};

use super::{found::Found, system::System};

/// The systems of a data set, and what is not among them.
pub(super) struct Rows {
    pub(super) name: String,
    pub(super) rows: Vec<Row>,
    pub(super) missing: Vec<String>,
}

/// A system, the mean over its seeds.
pub(super) struct Row {
    pub(super) system: System,
    /// nDCG@10, with its 95 % interval.
    pub(super) ndcg: f64,
    pub(super) interval: [f64; 2],
    /// The standard deviation of the mean over seeds.
    pub(super) spread: Option<f64>,
    /// Recall@100.
    pub(super) recall: f64,
    /// Beside the frozen encoder; none for that one.
    pub(super) compared: Option<Compared>,
    pub(super) training_cpu_seconds: Option<f64>,
    pub(super) cpu_ms: f64,
    pub(super) item_bytes: f64,
    /// For how many seeds the guard returned the module, and of how many.
    pub(super) returned: Option<[usize; 2]>,
}

impl Rows {
    /// Takes the measurements of one data set, those of a system one after the other.
    pub(super) fn of(measured: &[Kept<Found>], missing: Vec<String>) -> Result<Self> {
        let all: Vec<&Found> = measured.iter().map(|kept| &kept.found).collect();
        let baseline = System::baseline();
        let frozen = all.iter().find(|found| found.system == baseline).context("no frozen encoder")?;
        let rows = all.chunk_by(|one, other| one.system == other.system);
        let rows = rows.map(|runs| Row::of(runs, frozen)).collect::<Result<_>>()?;
        let name = measured.first().map_or("", Kept::name).to_owned();
        Ok(Self { name, rows, missing })
    }
}

impl Row {
    fn of(runs: &[&Found], frozen: &Found) -> Result<Self> {
        let system = runs[0].system.clone();
        let same = runs.iter().all(|run| run.searched.queries == frozen.searched.queries);
        ensure!(same, "{}: measured on other test queries than the frozen bi-encoder", system.name());
        let ndcg = OverSeeds::of(runs.iter().map(|run| &*run.searched.ndcg));
        let of = |take: fn(&Found) -> f64| mean(&runs.iter().map(|run| take(run)).collect::<Vec<_>>());
        let compared = match system == frozen.system {
            true => None,
            false => Compared::of(&frozen.searched.ndcg, &ndcg.per_query)?,
        };
        let seconds: Option<Vec<f64>> = runs.iter().map(|run| run.training_cpu_seconds).collect();
        let returned: Option<Vec<bool>> = runs.iter().map(|run| run.returned).collect();
        Ok(Self {
            system,
            ndcg: mean(&ndcg.per_query),
            interval: Bootstrap::default().interval_within(&ndcg.per_query, [0.0, 1.0], 0.95)?,
            spread: ndcg.spread,
            recall: of(|run| mean(&run.searched.recall)),
            compared,
            training_cpu_seconds: seconds.map(|seconds| mean(&seconds)),
            cpu_ms: of(|run| run.searched.cpu_ms),
            item_bytes: of(|run| run.searched.item_bytes),
            returned: returned.map(|all| [all.iter().filter(|&&through| through).count(), all.len()]),
        })
    }
}
