//! Searching all items for test queries, and measuring what comes back.

use ess_core::{Index, SearchModule};
use ess_metrics::{Evaluation, Evaluator, Run};

use crate::splits::{Judged, SciFact};

/// The hits of each query, 100 deep, as a run.
pub(crate) fn run(queries: &Judged, module: &dyn SearchModule) -> Run {
    let scifact = SciFact::get();
    let mapped = module.apply(queries.set.encodings()).unwrap();
    let mut run = Run::new("system");
    for (id, hits) in queries.ids.iter().zip(scifact.index.search(&mapped, 100).unwrap()) {
        for hit in hits {
            run.insert(id, scifact.item_ids.get(hit.item).unwrap(), hit.similarity).unwrap();
        }
    }
    run
}

/// nDCG@10 and Recall@100.
pub(crate) fn evaluation(queries: &Judged, module: &dyn SearchModule) -> Evaluation {
    let evaluator = Evaluator::from_names(["ndcg@10", "recall@100"]).unwrap();
    evaluator.evaluate(&queries.qrels, &run(queries, module)).unwrap()
}

pub(crate) fn ndcg(queries: &Judged, module: &dyn SearchModule) -> f64 {
    evaluation(queries, module).mean("ndcg@10").unwrap()
}
