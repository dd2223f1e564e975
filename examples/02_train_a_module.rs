//! Trains a searching module on frozen embeddings, saves it, loads it and measures it.
//!
//! `cargo run --release --example 02_train_a_module`

use ess_examples::scifact;
use ess_kit::prelude::*;

fn main() -> anyhow::Result<()> {
    let dataset = Dataset::open(scifact("minilm"))?;

    // A fifth of the training queries is kept apart: it says when to stop, and whether anything was gained.
    let (train, dev) = dataset.train_and_dev(scifact("qrels/train.tsv"), 0.2, 0)?;
    let fitted = Training::named("linear")?.fit(&dataset, &train, &dev)?;
    let report = &fitted.report;
    println!("{} parameters in {:.1} s: {}", report.parameters, report.seconds, report.guard.reason);

    let folder = tempfile::tempdir()?;
    let folder = folder.path().join("linear");
    fitted.module.to_state()?.save(&folder)?;
    let module = load_module(&folder)?;

    // Test queries are for measuring alone.
    let test = dataset.judge_file(scifact("qrels/test.tsv"))?;
    let index = dataset.index()?;
    let measure = |name: &str, module: &dyn SearchModule| -> anyhow::Result<Evaluation> {
        Ok(test.evaluate(&dataset.search(name, module, &index, &test)?)?)
    };
    let before = measure("frozen", &Identity::new(dataset.query_dim()))?;
    let after = measure("linear", &module)?;
    for row in compare(("frozen", &before), &[("linear", &after)], &Significance::default())? {
        if ["ndcg@10", "recall@100"].contains(&row.measure.as_str()) {
            let interval = row
                .ci95
                .map_or("too few queries differ".into(), |[low, high]| format!("[{low:+.3}, {high:+.3}]"));
            println!("{:10} {:.4} {:+.4} {interval}", row.measure, after.mean(&row.measure)?, row.delta);
        }
    }

    // Much of a gain is memory of items that training queries asked for. The two groups tell.
    let leakage = Leakage::new(&[&train.qrels, &dev.qrels], &test.qrels, after.queries());
    let values = |evaluation: &Evaluation| anyhow::Ok(evaluation.get("ndcg@10")?.per_query.clone());
    let gains = leakage.gains(&values(&before)?, &values(&after)?, &Bootstrap::default())?;
    for (name, group) in ["known items", "new items"].iter().zip(gains) {
        if let Some(group) = group {
            println!("{name}: {:+.4} over {} queries", group.gain, group.queries);
        }
    }
    Ok(())
}
