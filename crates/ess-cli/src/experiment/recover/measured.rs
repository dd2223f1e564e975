//! What is measured, as data.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::{
    data::split_data_set::Opened,
    experiment::{
        kept::Kept,
        over_seeds::OverSeeds,
        quality::seen,
        task::{Task, Trained},
    },
};

/// An encoder that is searched with as it is.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Bare {
    pub(super) encoder: String,
    /// What its fine-tuning took, as far as it is known.
    pub(super) cpu_seconds: Option<f64>,
    /// The ids of the test queries, in the order of what is measured here.
    pub(super) queries: Vec<String>,
    /// nDCG@10 of each test query.
    pub(super) ndcg: Vec<f64>,
    /// Which test queries have a relevant item that training or dev queries had too.
    // What earlier versions kept as `seen` was in another order.
    #[serde(rename = "seen_by_id")]
    pub(super) seen: Vec<bool>,
}

impl Bare {
    pub(super) fn measure(data: &Opened, encoder: &str, cpu_seconds: Option<f64>) -> Result<Self> {
        let ndcg = Task::of(data)?.frozen()?;
        let mut queries = data.test.ids.clone();
        queries.sort_unstable();
        Ok(Self { encoder: encoder.to_owned(), cpu_seconds, queries, ndcg, seen: seen(data) })
    }

    /// A test query that one of the two has and the other has not.
    pub(super) fn query_of_one_alone<'a>(&'a self, other: &'a Self) -> Option<&'a str> {
        let (own, others) = (&self.queries, &other.queries);
        let alone = |id: &&String, among: &[String]| among.binary_search(id).is_err();
        let found = own.iter().find(|id| alone(id, others));
        found.or_else(|| others.iter().find(|id| alone(id, own))).map(String::as_str)
    }
}

/// A module that was trained on an encoder's embeddings.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Learned {
    pub(super) encoder: String,
    pub(super) module: String,
    #[serde(flatten)]
    pub(super) trained: Trained,
}

/// All that was measured.
#[derive(Serialize)]
pub(super) struct Results {
    pub(super) seed: u64,
    pub(super) bare: Vec<Kept<Bare>>,
    pub(super) learned: Vec<Kept<Learned>>,
}

impl Results {
    /// The runs of all seeds of a module on an encoder of a data set.
    pub(super) fn runs(&self, of: &Kept<Bare>, module: &str) -> Vec<&Trained> {
        let same = |kept: &&Kept<Learned>| {
            kept.name() == of.name() && kept.found.encoder == of.found.encoder && kept.found.module == module
        };
        self.learned.iter().filter(same).map(|kept| &kept.found.trained).collect()
    }

    /// What the runs of a module reach on each test query, whether or not the guard returned them.
    pub(super) fn by_query(&self, of: &Kept<Bare>, module: &str) -> OverSeeds {
        OverSeeds::of(self.runs(of, module).into_iter().map(|run| &*run.trained))
    }
}
