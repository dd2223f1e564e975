//! How fast are four measures on 10 000 queries × 1000 hits?
//!
//! Counted: evaluation of a [`Run`] in memory against [`Qrels`] in memory: looking ids up, ranking by score
//! and id, measuring each query, and the means; on one thread. Not counted: building the two. The peer is
//! pytrec_eval on the same shape: `benches/peers/pytrec_eval_measures.py`.

use criterion::{Criterion, criterion_group, criterion_main};
use ess_metrics::{Evaluator, Qrels, RowQrels, Run};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::ThreadPoolBuilder;

const QUERIES: usize = 10_000;
const HITS: usize = 1000;
const ITEMS: usize = 100_000;
const JUDGED: usize = 20;
const MEASURES: [&str; 4] = ["ndcg@10", "recall@100", "map", "mrr@10"];

/// Per query `HITS` distinct items with random scores, and `JUDGED` judgements of which about half are among
/// the hits.
fn generate() -> (Qrels, Run) {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let (mut qrels, mut run) = (Qrels::new(), Run::new("generated"));
    for query in 0..QUERIES {
        let query = format!("query-{query}");
        // Distinct items: a walk from a random start, with a step that shares no factor with the number of
        // items.
        let start = rng.random_range(0..ITEMS);
        let item = |position: usize| format!("item-{}", (start + position * 7919) % ITEMS);
        for position in 0..HITS {
            run.insert(&query, &item(position), rng.random()).expect("distinct items");
        }
        let first = HITS - rng.random_range(0..JUDGED);
        for position in first..first + JUDGED {
            qrels.insert(&query, &item(position), rng.random_range(0..3)).expect("distinct items");
        }
    }
    (qrels, run)
}

fn measures(criterion: &mut Criterion) {
    let (qrels, run) = generate();
    let evaluator = Evaluator::from_names(MEASURES).expect("known names");
    let one_thread = ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    let mut group = criterion.benchmark_group("measures");
    group.sample_size(10);
    group.bench_function("10k queries x 1000 hits by id", |bencher| {
        bencher.iter(|| one_thread.install(|| evaluator.evaluate(&qrels, &run)));
    });

    let queries: Vec<&str> = qrels.queries().collect();
    let row = |item: &str| item.strip_prefix("item-")?.parse().ok();
    let row_qrels = RowQrels::from_qrels(&qrels, queries.iter().copied(), row).expect("distinct rows");
    let ranking = |query: &str| run.ranking(query).iter().filter_map(|(item, _)| row(item)).collect();
    let rankings: Vec<Vec<usize>> = queries.iter().map(|query| ranking(query)).collect();
    group.bench_function("10k queries x 1000 hits by row, ranked", |bencher| {
        bencher.iter(|| {
            let rankings = rankings.iter().map(|ranking| ranking.iter().copied());
            evaluator.evaluate_rows(&row_qrels, rankings)
        });
    });
    group.finish();
}

criterion_group!(benches, measures);
criterion_main!(benches);
