//! One index, a searching module for each query: two tenants share the items, one's module is taken back while the other's
//! searches, and a router learns which query needs which.
//!
//! `cargo run --release --example 11_many_modules`

use std::sync::Arc;

use ess_examples::scifact;
use ess_kit::{core::SharedModule, prelude::*, train::RouterConfig};

fn main() -> anyhow::Result<()> {
    let dataset = Dataset::open(scifact("minilm"))?;
    let index = dataset.index()?;
    let dim = dataset.query_dim();

    // Each tenant has judgements of its own: here the two halves of the training queries.
    let (first, second) = dataset.train_and_dev(scifact("qrels/train.tsv"), 0.5, 0)?;
    let modules = ModuleSet::new(dim, dim);
    modules.insert("frozen", Arc::new(Identity::new(dim)))?;
    let training =
        Training::named("linear")?.with_settings(TrainerConfig { max_steps: 60, ..TrainerConfig::default() });
    let of_first: SharedModule<Embeddings> = Arc::new(training.fit(&dataset, &first, &second)?.trained);
    modules.insert("first tenant", of_first.clone())?;
    modules.insert("second tenant", Arc::new(training.fit(&dataset, &second, &first)?.trained))?;

    // A batch may hold queries of all of them.
    let claims = dataset.query_embeddings(&["1", "3", "5"])?;
    let names = ["first tenant", "second tenant", "frozen"];
    for (name, hits) in names.iter().zip(modules.search(&index, &claims, &names, 1)?) {
        println!("{name}: {}", dataset.item_ids().get(hits[0].item).unwrap_or_default());
    }

    // A module is replaced at once, here taken back for the frozen encoder and put in its place again.
    modules.insert("first tenant", Arc::new(Identity::new(dim)))?;
    assert_eq!(modules.apply(&claims, &["first tenant"; 3])?, claims);
    modules.insert("first tenant", of_first)?;

    // Which module is for which query? Test queries taught no module, so their gains are skill: the router is learned on them
    // and judged by folds; it sends a query to the frozen encoder where it expects no gain.
    let test = dataset.judge_file(scifact("qrels/test.tsv"))?;
    let reached = |name: &str| -> anyhow::Result<Vec<f64>> {
        let run = dataset.search(name, &*modules.get(name)?, &index, &test)?;
        Ok(test.evaluate(&run)?.get("ndcg@10")?.per_query.clone())
    };
    let [frozen, first, second] = ["frozen", "first tenant", "second tenant"].map(reached);
    let (frozen, first, second) = (frozen?, first?, second?);
    let gains: [(&str, &[f64]); 2] = [("first tenant", &first), ("second tenant", &second)];
    let routed = RouterConfig::default().fit(test.set.encodings(), ("frozen", &frozen), &gains)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    println!("frozen {:.4}", mean(&frozen));
    println!("first {:.4}, second {:.4}", mean(&first), mean(&second));
    let verdict = if routed.router.is_some() { "better than" } else { "not shown to be better than" };
    println!("routed {:.4}, {verdict} the frozen encoder", mean(&routed.held_out));
    Ok(())
}
