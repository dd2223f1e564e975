//! What is spent for each feature.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use cpu_time::ThreadTime;

/// CPU-seconds that were spent for each of some names, where all work is done by one thread.
#[derive(Default)]
pub(crate) struct Meter(Mutex<BTreeMap<String, f64>>);

impl Meter {
    /// What was spent for each name.
    pub(crate) fn into_seconds(self) -> BTreeMap<String, f64> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, name: &str, seconds: f64) {
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *spent.entry(name.to_owned()).or_default() += seconds;
    }
}

/// Does some work, whose CPU time is noted under a name where there is a meter.
pub(crate) fn metered<T>(meter: Option<&Meter>, name: &str, work: impl FnOnce() -> T) -> T {
    let Some(meter) = meter else { return work() };
    let started = ThreadTime::now();
    let done = work();
    meter.add(name, started.elapsed().as_secs_f64());
    done
}
