//! What measuring a choice may do to it: nothing.

use std::sync::Once;

use cpu_time::ThreadTime;
use ess_auto::{Asked, AutoReport, Feature, Variant, register_feature};
use ess_core::Error;

use crate::{
    features::{Asking, even, with},
    generated::{World, fit},
};

/// CPU-seconds that a feature takes when it is measured.
const SLOW: f64 = 2.0;

/// As [`Asking`], with something else that it does where a search is measured, in one thread.
struct Measured {
    name: &'static str,
    when_measured: fn() -> Result<(), Error>,
}

impl Feature for Measured {
    fn name(&self) -> &'static str {
        self.name
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        if rayon::current_num_threads() == 1 {
            (self.when_measured)()?;
        }
        Asking.values(asked, items)
    }
}

/// What is reported of a choice that is made in two threads, so that one alone is one that measures.
fn report(name: &'static str, when_measured: fn() -> Result<(), Error>) -> AutoReport {
    register_feature(Measured { name, when_measured }).unwrap();
    let world = World::new(80, 1);
    let (collection, train) = (world.bare_collection(), even(&world, 2));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let (_, report) = pool.install(|| fit(&collection, &train, with(name)));
    assert!(report.dense.second.get(name) > 0.1, "{:?}", report.dense);
    report
}

#[test]
fn a_choice_stays_where_what_it_takes_cannot_be_measured() {
    let report = report("fails_when_measured", || Err(Error::Empty { what: "what is measured" }));
    assert!(report.search_costs.is_empty(), "{:?}", report.search_costs);
}

/// Works so long, the first time.
fn work_once() -> Result<(), Error> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let started = ThreadTime::now();
        while started.elapsed().as_secs_f64() < SLOW {
            std::hint::spin_loop();
        }
    });
    Ok(())
}

#[test]
fn what_measuring_takes_is_not_what_choosing_took() {
    let report = report("slow_when_measured", work_once);
    let cost = &report.search_costs[&Variant::Dense];
    // Of at most 16 queries.
    assert!(cost.features["slow_when_measured"] >= 1000.0 * SLOW / 16.0, "{cost:?}");
    let trials: f64 = report.trials.iter().map(|trial| trial.cpu_seconds).sum();
    assert!(report.cpu_seconds < trials + SLOW, "{} of {trials}", report.cpu_seconds);
}
