//! A server that does not answer for a while, and carries out later what it was asked meanwhile.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use ess_core::MutableIndex;
use ess_engines::{Engine, EngineIndex, EngineSettings};

use super::{
    Restarts,
    numbered::{held, numbered},
    settings,
};

const ITEMS: usize = 5;

/// Adds until it is over, whatever fails; what was promised, and the numbers of what was not.
fn add_through_failures<E: Engine>(
    mut index: EngineIndex<E>,
    writer: usize,
    over: &AtomicBool,
) -> (Vec<(usize, usize)>, BTreeSet<usize>) {
    let (mut promised, mut given_up) = (Vec::new(), BTreeSet::new());
    let mut first = writer * 1_000_000;
    while !over.load(Ordering::Relaxed) {
        match index.add(&numbered(first..first + ITEMS)) {
            Ok(rows) => promised.extend(rows.zip(first..)),
            Err(_) => given_up.extend(first..first + ITEMS),
        }
        first += ITEMS;
        thread::sleep(Duration::from_millis(5));
    }
    (promised, given_up)
}

/// Stops a server several times for longer than its clients wait, while two add.
pub(crate) fn a_server_that_stops_for_a_while_mixes_nothing_up<S: Restarts>(server: &S) {
    let config = server.config(8);
    let impatient = EngineSettings { batch: 2, timeout: 0.5, retries: 1, pause: 0.1, ..settings() };
    let patient = server.open(&config).expect("a collection");
    let index = || server.open_with(&config, &impatient).expect("the collection");
    let over = AtomicBool::new(false);
    let (mut promised, mut given_up) = (Vec::new(), BTreeSet::new());
    thread::scope(|scope| {
        let writers: Vec<_> = [(0, index()), (1, index())]
            .map(|(writer, index)| {
                let over = &over;
                scope.spawn(move || add_through_failures(index, writer, over))
            })
            .into();
        for pause in 0..3 {
            thread::sleep(Duration::from_millis(300 + 7 * pause));
            server.signal("STOP");
            thread::sleep(Duration::from_millis(3600));
            server.signal("CONT");
        }
        thread::sleep(Duration::from_millis(1500));
        over.store(true, Ordering::Relaxed);
        for writer in writers {
            let (sure, unsure) = writer.join().expect("a writer");
            promised.extend(sure);
            given_up.extend(unsure);
        }
    });
    assert!(!given_up.is_empty() && promised.len() > 10 * ITEMS, "{} {}", given_up.len(), promised.len());
    let held = held(&patient);
    let lost: Vec<_> = promised.iter().filter(|item| !held.contains(item)).collect();
    assert!(lost.is_empty(), "of {}: {lost:?}", promised.len());
    let promised: BTreeSet<_> = promised.into_iter().collect();
    let unknown: Vec<_> =
        held.difference(&promised).filter(|(_, number)| !given_up.contains(number)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
