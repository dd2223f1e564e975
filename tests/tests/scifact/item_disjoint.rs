//! The split without shared items: nothing is learned that helps, and the baseline guard says so.

use ess_core::Identity;
use ess_metrics::{Bootstrap, ChoiceTest};
use ess_train::{DevSet, Items, Returned, TrainerConfig};

use crate::{fitting::fit_linear, measuring::evaluation, splits::SciFact};

#[test]
fn the_guard_keeps_the_frozen_encoder_and_gives_nothing_away() {
    let split = SciFact::get().item_disjoint();
    let identity = Identity::new(384);
    let fitted = fit_linear(&split, TrainerConfig::default());
    let guard = &fitted.report.guard;
    assert_eq!(guard.returned, Returned::Identity, "{}", guard.reason);
    let frozen = evaluation(&split.test, &identity);
    assert_eq!(evaluation(&split.test, &fitted.module), frozen);

    // What was given up was another module, and no better on queries that had no say.
    let trained = evaluation(&split.test, &fitted.trained);
    let values = |evaluation: &ess_metrics::Evaluation| evaluation.get("ndcg@10").unwrap().per_query.clone();
    let (frozen, trained) = (values(&frozen), values(&trained));
    assert_ne!(trained, frozen);
    let [low, high] = Bootstrap::default().difference_interval(&frozen, &trained, 0.95).unwrap().unwrap();
    assert!(low <= 0.0, "nDCG@10 would change by {low} to {high}: {}", guard.reason);

    // The evidence in the report is that of the module in hand, on dev.
    let items = Items::new(&SciFact::get().items, &burn::tensor::Device::flex());
    let dev = DevSet::new(&split.dev.set, &items, "ndcg@10".parse().unwrap()).unwrap();
    let (before, after) = (dev.per_query(&identity).unwrap(), dev.per_query(&fitted.trained).unwrap());
    let alone = ChoiceTest::default().judge(&before, &after, &[], guard.confidence).unwrap();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    assert_eq!((guard.trained, guard.identity), (mean(&after), Some(mean(&before))));
    assert_eq!(guard.differing, Some(alone.differing));
    assert!(guard.candidates > Some(1) && guard.p >= Some(alone.p), "{}", guard.reason);
    assert_eq!(guard.interval.is_some_and(|[low, _]| low > 0.0), guard.returned == Returned::Trained);
}
