//! Lets held-out queries choose how to search, within a budget of CPU-seconds.
//!
//! `cargo run --release --features auto --example 09_automatic_choice [-- SECONDS]`

use ess_examples::scifact;
use ess_kit::prelude::*;

fn main() -> anyhow::Result<()> {
    let budget_seconds = std::env::args().nth(1).map_or(Ok(60.0), |seconds| seconds.parse())?;
    let dataset = Dataset::open(scifact("minilm"))?;
    let collection = Collection::new(dataset.item_ids().clone(), dataset.items().clone())?;

    // All judged queries: the choice holds queries out by itself, and judges nothing on what it learned from.
    let train = dataset.judge_file(scifact("qrels/train.tsv"))?;
    let config = AutoConfig { budget_seconds, ..AutoConfig::default() };
    let auto = Auto::new(config)?.with_progress(Progress::Silent);
    let (module, report) = auto.fit(&collection, &TrainingQueries::new(train.set.clone()), None, None)?;
    for trial in &report.trials {
        println!("tried {:28} {:6.1} CPU-s", trial.name, trial.cpu_seconds);
    }
    println!("{}", report.dense.reason);

    // It is saved as a module, and bound to the collection to search.
    let folder = tempfile::tempdir()?;
    module.save(&folder.path().join("auto"))?;
    let test = dataset.judge_file(scifact("qrels/test.tsv"))?;
    let hits = module.bind(&collection)?.search(&AutoQueries::new(test.set.encodings().clone()), 100)?;
    let run = test.run("auto", collection.ids(), hits)?;
    let frozen = dataset.search("frozen", &Identity::new(384), &dataset.index()?, &test)?;
    let [chosen, frozen] = [test.evaluate(&run)?, test.evaluate(&frozen)?];
    println!("nDCG@10 {:.4}, frozen {:.4}", chosen.mean("ndcg@10")?, frozen.mean("ndcg@10")?);
    Ok(())
}
