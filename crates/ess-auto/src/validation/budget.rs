//! How much may be spent, and how much has been.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use cpu_time::ThreadTime;

use crate::error::Error;

/// CPU-seconds of the threads that make a choice, counted from when the budget was made, and those of earlier runs.
///
/// What other threads of the process do is not counted, so that work beside a choice does not change it. A budget is made
/// and asked within [`in_own_threads`].
pub(crate) struct Budget {
    limit: f64,
    before: f64,
    started: Duration,
    /// What was spent for it in other threads.
    elsewhere: Mutex<f64>,
}

/// Runs `work` in threads of its own, as many as the caller has.
pub(crate) fn in_own_threads<T: Send>(work: impl FnOnce() -> Result<T, Error> + Send) -> Result<T, Error> {
    let threads = rayon::current_num_threads();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|thread| format!("ess-auto-{thread}"))
        .build()
        .map_err(ess_core::Error::external)?;
    // A worker of the caller's pool that waits for this one would begin other work meanwhile, a choice within a choice; a
    // thread of no pool waits.
    let waited = std::thread::scope(|scope| scope.spawn(|| pool.install(work)).join());
    waited.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The CPU time of all threads of this pool since they were started.
fn of_all_threads() -> Duration {
    rayon::broadcast(|_| ThreadTime::now().as_duration()).into_iter().sum()
}

impl Budget {
    pub(crate) fn new(limit: f64, before: f64) -> Self {
        Self { limit, before, started: of_all_threads(), elsewhere: Mutex::new(0.0) }
    }

    pub(crate) fn spent(&self) -> f64 {
        let elsewhere = *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        self.before + elsewhere + of_all_threads().saturating_sub(self.started).as_secs_f64()
    }

    /// Counts CPU-seconds of a thread that is not of the pool.
    pub(crate) fn add(&self, seconds: f64) {
        *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner) += seconds;
    }

    pub(crate) fn left(&self) -> f64 {
        self.limit - self.spent()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.left() <= 0.0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rayon::prelude::*;

    use super::*;

    /// Works until this thread has used so much of a CPU.
    fn work(seconds: f64) -> f64 {
        let started = ThreadTime::now();
        let mut sum = 0.0;
        while started.elapsed().as_secs_f64() < seconds {
            sum += (0..10_000).map(f64::from).sum::<f64>();
        }
        sum
    }

    #[test]
    fn a_caller_with_many_choices_makes_no_more_at_a_time_than_it_has_threads() {
        let callers = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let (under_way, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let one = |_: i32| {
            in_own_threads(|| {
                most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(2));
                under_way.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            })
            .unwrap();
        };
        callers.install(|| (0..50).into_par_iter().for_each(one));
        assert!(most.into_inner() <= 2);
    }

    #[test]
    fn own_work_in_any_thread_counts_and_that_of_others_does_not() {
        in_own_threads(|| {
            let budget = Budget::new(1.0, 2.0);
            std::thread::spawn(|| work(0.4)).join().unwrap();
            assert!(budget.spent() < 2.2, "{}", budget.spent());
            assert!(rayon::join(|| work(0.2), || work(0.2)).0 > 0.0);
            assert!((2.4..2.7).contains(&budget.spent()), "{}", budget.spent());
            assert!(budget.is_over());
            Ok(())
        })
        .unwrap();
    }
}
