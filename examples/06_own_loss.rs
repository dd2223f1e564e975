//! A loss that ESS does not have, usable by name wherever those of ESS are: here as a term of a sum.
//!
//! `cargo run --release --example 06_own_loss`

use ess_examples::scifact;
use ess_kit::{
    prelude::*,
    search::embeddings_from_tensor,
    train::{Loss, LossBatch, LossKind, LossValue, register_loss},
};
use serde::{Deserialize, Serialize};

/// Draws each mapped query towards its best relevant item: `½ ‖z − d‖²`, the mean over the batch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pull {}

impl LossKind for Pull {
    const KIND: &'static str = "pull";
}

impl Loss for Pull {
    fn evaluate(
        &self,
        queries: Tensor<2>,
        batch: &LossBatch<'_>,
        items: &Items<'_>,
    ) -> Result<LossValue, ess_kit::train::Error> {
        let [n, _] = queries.dims();
        let best = |judged: &&[Judgement]| judged.iter().max_by_key(|judgement| judgement.grade).copied();
        let rows: Vec<usize> =
            batch.judgements().iter().filter_map(best).map(|judgement| judgement.item).collect();
        let away = queries - items.rows(&rows);
        let weights = Tensor::<1>::from_floats(&*batch.weights(), items.device()).unsqueeze_dim::<2>(1);
        let squares = embeddings_from_tensor((away.clone() * away.clone()).sum_dim(1) * weights.clone())?;
        let sum: f64 = squares.as_slice().iter().map(|&square| f64::from(square)).sum();
        // The gradient with respect to the mapped queries; the trainer carries it back through the module.
        Ok(LossValue::new(sum / (2 * n) as f64, away * weights / n as f32))
    }

    fn config(&self) -> LossConfig {
        LossConfig::of(self.clone())
    }
}

fn main() -> anyhow::Result<()> {
    register_loss::<Pull>()?;
    let dataset = Dataset::open(scifact("minilm"))?;
    let (train, dev) = dataset.train_and_dev(scifact("qrels/train.tsv"), 0.2, 0)?;
    let test = dataset.judge_file(scifact("qrels/test.tsv"))?;
    let index = dataset.index()?;
    // Settings as a file would have them.
    for loss in [
        r#"{"kind": "softmax"}"#,
        r#"{"kind": "sum", "terms": [{"weight": 1, "loss": {"kind": "softmax"}},
                                     {"weight": 0.5, "loss": {"kind": "pull"}}]}"#,
    ] {
        let settings = TrainerConfig { loss: serde_json::from_str(loss)?, ..TrainerConfig::default() };
        let training = Training::named("linear")?.with_settings(settings).with_progress(Progress::Silent);
        let fitted = training.fit(&dataset, &train, &dev)?;
        let evaluation = test.evaluate(&dataset.search("linear", &fitted.module, &index, &test)?)?;
        let name = if loss.contains("pull") { "softmax + pull" } else { "softmax" };
        println!("{name:16} nDCG@10 {:.4}", evaluation.mean("ndcg@10")?);
    }
    Ok(())
}
