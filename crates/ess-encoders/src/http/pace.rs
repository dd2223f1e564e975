//! When the next request may be sent.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Requests of all threads, spread evenly, and held back while the server asks for it.
pub(super) struct Pace {
    interval: Duration,
    times: Mutex<Times>,
}

struct Times {
    /// The next turn that can be had.
    next: Instant,
    /// Before this no request is sent, by threads that have a turn neither.
    held: Instant,
}

/// How soon a thread that waits sees that it need not.
const LOOK: Duration = Duration::from_millis(20);

impl Pace {
    pub(super) fn new(requests_per_minute: Option<f64>) -> Self {
        let interval =
            requests_per_minute.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(60.0 / rate));
        let now = Instant::now();
        Self { interval, times: Mutex::new(Times { next: now, held: now }) }
    }

    /// Waits for this thread's turn; `false` where it was told to stop instead.
    pub(super) fn turn(&self, stop: &AtomicBool) -> bool {
        loop {
            let turn = self.take();
            if !wait_until(turn, stop) {
                return false;
            }
            if self.stands(turn) {
                return true;
            }
        }
    }

    /// The next turn, which is then taken.
    fn take(&self) -> Instant {
        let mut times = self.times();
        let turn = times.next.max(Instant::now());
        times.next = turn + self.interval;
        turn
    }

    /// Whether nobody was held since the turn was taken, or only until it.
    fn stands(&self, turn: Instant) -> bool {
        self.times().held <= turn
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No request of any thread until then.
    pub(super) fn hold(&self, wait: Duration) {
        let mut times = self.times();
        times.held = times.held.max(Instant::now() + wait);
        times.next = times.next.max(times.held);
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

    #[test]
    fn a_thread_that_has_a_turn_is_held_as_well() {
        let pace = Pace::new(Some(60.0));
        let turns = [pace.take(), pace.take()];
        assert!(turns.iter().all(|turn| pace.stands(*turn)));
        let hour = Duration::from_secs(3600);
        let before = Instant::now();
        pace.hold(hour);
        assert!(turns.iter().all(|turn| !pace.stands(*turn)));
        let turns = [pace.take(), pace.take()];
        assert!(turns[0] >= before + hour && turns[1] == turns[0] + Duration::from_secs(1));
        assert!(turns.iter().all(|turn| pace.stands(*turn)));
    }
}
