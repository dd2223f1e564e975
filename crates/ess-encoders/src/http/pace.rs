//! When the next request may be sent.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Requests of all threads, spread evenly, and held back while the server asks for it.
pub(super) struct Pace {
    interval: Duration,
    next: Mutex<Instant>,
}

/// How soon a thread that waits sees that it need not.
const LOOK: Duration = Duration::from_millis(20);

impl Pace {
    pub(super) fn new(requests_per_minute: Option<f64>) -> Self {
        let interval =
            requests_per_minute.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(60.0 / rate));
        Self { interval, next: Mutex::new(Instant::now()) }
    }

    /// Waits for this thread's turn; `false` where it was told to stop instead.
    pub(super) fn turn(&self, stop: &AtomicBool) -> bool {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = (*next).max(Instant::now());
            *next = turn + self.interval;
            turn
        };
        wait_until(turn, stop)
    }

    /// No request of any thread until then.
    pub(super) fn hold(&self, wait: Duration) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = (*next).max(Instant::now() + wait);
    }
}

/// Waits; `false` where the thread was told to stop before.
pub(super) fn wait_until(then: Instant, stop: &AtomicBool) -> bool {
    loop {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        match then.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => std::thread::sleep(left.min(LOOK)),
            _ => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_an_interval_apart_and_end_when_told_to() {
        let go = AtomicBool::new(false);
        let started = Instant::now();
        let pace = Pace::new(Some(60_000.0 / 15.0));
        (0..4).for_each(|_| assert!(pace.turn(&go)));
        assert!(started.elapsed() >= Duration::from_millis(45));
        pace.hold(Duration::from_secs(3600));
        assert!(!pace.turn(&AtomicBool::new(true)));
    }
}
