//! CPU time by span.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use cpu_time::ProcessTime;
use tracing::{
    Event, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};

/// A subscriber of `tracing` that adds up the CPU time of the spans of one crate by their names; a span's time has that
/// of the spans inside it too. All of it must happen on one thread, and nothing beside it.
pub struct SpanTimes {
    crate_name: &'static str,
    next: AtomicU64,
    open: Mutex<BTreeMap<u64, (&'static str, Option<ProcessTime>)>>,
    times: Mutex<BTreeMap<&'static str, Duration>>,
}

impl SpanTimes {
    /// Listens to the spans of a crate, named as in its paths (`ess_encoders`).
    pub fn new(crate_name: &'static str) -> Self {
        Self { crate_name, next: AtomicU64::new(1), open: Mutex::default(), times: Mutex::default() }
    }

    /// The CPU time of each span so far, by name.
    pub fn times(&self) -> BTreeMap<&'static str, Duration> {
        self.times.lock().expect("no panic").clone()
    }
}

impl Subscriber for SpanTimes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with(self.crate_name)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.open.lock().expect("no panic").insert(id, (span.metadata().name(), None));
        Id::from_u64(id)
    }

    fn enter(&self, span: &Id) {
        if let Some((_, started)) = self.open.lock().expect("no panic").get_mut(&span.into_u64()) {
            *started = Some(ProcessTime::now());
        }
    }

    fn exit(&self, span: &Id) {
        let mut open = self.open.lock().expect("no panic");
        if let Some((name, Some(started))) = open.get(&span.into_u64()) {
            *self.times.lock().expect("no panic").entry(name).or_default() += started.elapsed();
        }
        open.remove(&span.into_u64());
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}
}
