//! The split without shared items: whatever a fit returns, it does no harm.

use ess_core::Identity;
use ess_metrics::Bootstrap;
use ess_train::{Returned, TrainerConfig};

use crate::{fitting::fit_linear, measuring::evaluation, splits::SciFact};

#[test]
fn what_a_fit_returns_is_not_significantly_worse_than_the_frozen_encoder() {
    let split = SciFact::get().item_disjoint();
    let identity = Identity::new(384);
    let frozen = evaluation(&split.test, &identity);
    let fitted = fit_linear(&split, TrainerConfig::default());
    let returned = evaluation(&split.test, &fitted.module);
    let values = |evaluation: &ess_metrics::Evaluation| evaluation.get("ndcg@10").unwrap().per_query.clone();
    let [low, high] =
        Bootstrap::default().difference_interval(&values(&frozen), &values(&returned), 0.95).unwrap();
    assert!(high >= 0.0, "nDCG@10 changes by {low} to {high}: {}", fitted.report.floor.reason);

    // The decision must follow from the evidence that the report gives.
    let floor = &fitted.report.floor;
    let better_on_dev = floor.interval.unwrap()[0] > 0.0;
    assert_eq!(floor.returned == Returned::Trained, better_on_dev, "{}", floor.reason);
    if floor.returned == Returned::Identity {
        assert_eq!(returned, frozen);
        assert_ne!(evaluation(&split.test, &fitted.trained), frozen);
    }
}
