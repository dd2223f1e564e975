//! What a system finds for each test query, and what that takes.

use anyhow::Result;
use cpu_time::ProcessTime;
use ess_core::{Encoding, Hit, Ids, Searcher};
use ess_files::Checksum;
use ess_kit::JudgedQueries;
use ess_metrics::Evaluator;
use serde::{Deserialize, Serialize};

use crate::experiment::quality::MEASURE;

const RECALL: &str = "recall@100";

/// How many hits of a query are searched for.
pub(super) const HITS: usize = 100;

/// How often all queries are searched for at most: the cheapest pass counts, which other work on the machine disturbs least.
const PASSES: usize = 5;
/// CPU-seconds of searches after which no other pass follows.
const ENOUGH: f64 = 1.0;

/// The hits of a system, measured.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Searched {
    /// A checksum of the ids of the test queries, in order.
    pub(super) queries: String,
    /// nDCG@10 of each test query.
    pub(super) ndcg: Vec<f64>,
    /// Recall@100 of each.
    pub(super) recall: Vec<f64>,
    /// CPU-milliseconds of a search, once the query is encoded.
    pub(super) cpu_ms: f64,
    /// Bytes that are kept for an item.
    pub(super) item_bytes: f64,
}

impl Searched {
    /// Searches for `k` hits of each query, one query after the other. `bytes` are those of all items.
    pub(super) fn new<J, E: Encoding>(
        (test, items): (&JudgedQueries<J>, &Ids),
        (queries, searcher): (&E, &dyn Searcher<E>),
        k: usize,
        bytes: usize,
    ) -> Result<Self> {
        let own = usize::from(test.own_items.iter().any(Option::is_some));
        let each: Vec<E> =
            (0..queries.rows()).map(|row| queries.select_rows(&[row])).collect::<Result<_, _>>()?;
        let (hits, cpu_ms) = timed(searcher, &each, k + own)?;
        let run = test.run("run", items, hits)?;
        let found = Evaluator::from_names([MEASURE, RECALL])?.evaluate(&test.qrels, &run)?;
        let per_query = |name| anyhow::Ok(found.get(name)?.per_query.clone());
        Ok(Self {
            queries: Checksum::of(test.ids.join("\n").as_bytes()).to_string(),
            ndcg: per_query(MEASURE)?,
            recall: per_query(RECALL)?,
            cpu_ms,
            item_bytes: bytes as f64 / items.len() as f64,
        })
    }
}

/// The hits of each query, and the CPU-milliseconds of one. In one thread: others that wait for work would count too.
fn timed<E: Encoding>(searcher: &dyn Searcher<E>, each: &[E], k: usize) -> Result<(Vec<Vec<Hit>>, f64)> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    pool.install(|| {
        // The first search pays for what all later ones find in memory.
        each.first().map(|first| searcher.search(first, k)).transpose()?;
        let (mut hits, mut least, mut spent) = (Vec::new(), f64::INFINITY, 0.0);
        for _ in 0..PASSES {
            hits.clear();
            let started = ProcessTime::now();
            for query in each {
                hits.extend(searcher.search(query, k)?);
            }
            let seconds = started.elapsed().as_secs_f64();
            (least, spent) = (seconds.min(least), spent + seconds);
            if spent > ENOUGH {
                break;
            }
        }
        Ok((hits, 1e3 * least / each.len().max(1) as f64))
    })
}
