//! The split without shared items: nothing is learned that helps, and the floor says so.

use ess_core::Identity;
use ess_metrics::{Bootstrap, ChoiceTest};
use ess_train::{DevSet, Items, Returned, TrainerConfig};

use crate::{fitting::fit_linear, measuring::evaluation, splits::SciFact};

#[test]
fn the_floor_keeps_the_frozen_encoder_and_gives_nothing_away() {
    let split = SciFact::get().item_disjoint();
    let identity = Identity::new(384);
    let fitted = fit_linear(&split, TrainerConfig::default());
    let floor = &fitted.report.floor;
    assert_eq!(floor.returned, Returned::Identity, "{}", floor.reason);
    let frozen = evaluation(&split.test, &identity);
    assert_eq!(evaluation(&split.test, &fitted.module), frozen);

    // What was given up was another module, and no better on queries that had no say.
    let trained = evaluation(&split.test, &fitted.trained);
    let values = |evaluation: &ess_metrics::Evaluation| evaluation.get("ndcg@10").unwrap().per_query.clone();
    let (frozen, trained) = (values(&frozen), values(&trained));
    assert_ne!(trained, frozen);
    let [low, high] = Bootstrap::default().difference_interval(&frozen, &trained, 0.95).unwrap().unwrap();
    assert!(low <= 0.0, "nDCG@10 would change by {low} to {high}: {}", floor.reason);

    // The evidence in the report is that of the module in hand, on dev.
    let items = Items::new(&SciFact::get().items, &burn::tensor::Device::flex());
    let dev = DevSet::new(&split.dev.set, &items, "ndcg@10".parse().unwrap()).unwrap();
    let (before, after) = (dev.per_query(&identity).unwrap(), dev.per_query(&fitted.trained).unwrap());
    let alone = ChoiceTest::default().judge(&before, &after, &[], floor.confidence).unwrap();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    assert_eq!((floor.trained, floor.identity), (mean(&after), Some(mean(&before))));
    assert_eq!(floor.differing, Some(alone.differing));
    assert!(floor.candidates > Some(1) && floor.p >= Some(alone.p), "{}", floor.reason);
    assert_eq!(floor.interval.is_some_and(|[low, _]| low > 0.0), floor.returned == Returned::Trained);
}
