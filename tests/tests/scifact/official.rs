//! BEIR's split: training gains much, most of it on items that training queries wanted too.

use ess_train::{Returned, TrainerConfig};

use crate::{fitting::fit_linear, measuring::ndcg, splits::SciFact};

// The figures are the README's. Kernels of other processors sum in another order, and one of 300 queries weighs .0033.
const TOLERANCE: f64 = 0.004;

#[test]
fn the_linear_module_gains() {
    let split = SciFact::get().official();
    let fitted = fit_linear(&split, TrainerConfig::default());
    assert_eq!(fitted.report.guard.returned, Returned::Trained, "{}", fitted.report.guard.reason);
    assert_eq!(fitted.report.train_queries + fitted.report.dev_queries, 809);
    assert!(fitted.report.refit.is_empty());
    let found = ndcg(&split.test, &fitted.module);
    assert!((found - 0.7960).abs() <= TOLERANCE, "{found}");
}

#[test]
fn the_linear_module_gains_more_when_it_is_refitted_on_train_and_dev() {
    let split = SciFact::get().official();
    let fitted = fit_linear(&split, TrainerConfig { refit: true, ..TrainerConfig::default() });
    assert_eq!(fitted.report.guard.returned, Returned::Trained, "{}", fitted.report.guard.reason);
    let (kept, steps) = (fitted.report.curves[0].kept_step, fitted.report.refit[0].points.len());
    assert!(steps > kept, "{steps} steps on train and dev, after {kept} on train alone");
    let found = ndcg(&split.test, &fitted.module);
    assert!((found - 0.8239).abs() <= TOLERANCE, "{found}");
}
