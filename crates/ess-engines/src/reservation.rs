//! Rows set aside for one addition, on an engine without transactions.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{append_id::AppendId, error::Error, settings::chance};

/// How often a claim is made when others claim at the same moment.
pub(crate) const ATTEMPTS: u32 = 64;
/// Claims that were superseded are withdrawn when there are so many.
const CLAIMS_KEPT: usize = 16;
/// The longest pause between two claims.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Says that all rows below `end` are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// Names the claim; no other claim, also of the same client, has the same id.
    pub(crate) id: i64,
    pub(crate) end: usize,
}

impl Claim {
    fn new(end: usize) -> Self {
        Self { id: AppendId::new().get() & i64::MAX, end }
    }
}

/// Where the clients of one collection keep their claims.
///
/// Who reads after a request was answered sees what it did. What a request whose answer was lost does may come late.
pub(crate) trait Claims {
    /// Writes a claim; writing it again changes nothing.
    fn put(&self, claim: Claim) -> Result<(), Error>;

    /// Every claim that was written and not withdrawn.
    fn all(&self) -> Result<Vec<Claim>, Error>;

    /// Withdraws claims; one that is not there is no error.
    fn withdraw(&self, ids: &[i64]) -> Result<(), Error>;
}

/// Sets aside `rows` rows, none below `first_free`, and answers the first of them; `None` when others always came before. No
/// other call answers any of these rows. `behind_items` finds the first of the rows from one on behind which there is no item.
///
/// A claim holds if its client, having written it, finds in two reads no other claim with an end behind its first row. A read
/// that is no snapshot can miss a claim that was withdrawn while it ran, and then the second one meets the claim that
/// superseded it. Of two clients whose claims overlap, the one that finished writing later reads the claim of the other, or
/// one that superseded it, and withdraws its own. A claim that holds is withdrawn only by who holds one behind it, so that the
/// claim with the largest end stays. No clock is involved: a client that dies, or wakes up after an hour, leaves rows without
/// items and nothing else.
pub(crate) fn reserve(
    claims: &impl Claims,
    behind_items: impl Fn(usize) -> Result<usize, Error>,
    first_free: usize,
    rows: usize,
) -> Result<Option<usize>, Error> {
    let mut first = behind(&claims.all()?, first_free);
    for attempt in 0..ATTEMPTS {
        let started = Instant::now();
        first = behind_items(first)?;
        let own = Claim::new(end_of(first, rows)?);
        claims.put(own)?;
        let (held, others) = read_beside(claims, own)?;
        let mut next = behind(&others, first);
        if held && next == first {
            let (still_held, again) = read_beside(claims, own)?;
            next = behind(&again, first);
            if still_held && next == first {
                forget(claims, &others);
                return Ok(Some(first));
            }
        }
        claims.withdraw(&[own.id])?;
        first = next;
        thread::sleep(pause(attempt, started.elapsed(), chance()));
    }
    Ok(None)
}

/// Whether a claim is there, and the others.
fn read_beside(claims: &impl Claims, own: Claim) -> Result<(bool, Vec<Claim>), Error> {
    let (seen, others): (Vec<Claim>, Vec<Claim>) =
        claims.all()?.into_iter().partition(|claim| claim.id == own.id);
    Ok((!seen.is_empty(), others))
}

fn behind(claims: &[Claim], row: usize) -> usize {
    claims.iter().map(|claim| claim.end).fold(row, usize::max)
}

fn end_of(first: usize, rows: usize) -> Result<usize, Error> {
    let end = first.checked_add(rows).filter(|&end| i64::try_from(end).is_ok());
    end.ok_or_else(|| Error::Config { name: "row", expected: "rows below 2^63", found: first.to_string() })
}

/// Withdraws claims that one behind them supersedes. One that stays does no harm.
fn forget(claims: &impl Claims, superseded: &[Claim]) {
    if superseded.len() < CLAIMS_KEPT {
        return;
    }
    let ids: Vec<i64> = superseded.iter().map(|claim| claim.id).collect();
    if let Err(error) = claims.withdraw(&ids) {
        tracing::debug!(%error, "superseded claims stay");
    }
}

/// Clients that met wait for a while by chance, so that one comes before the others; longer each time.
fn pause(attempt: u32, took: Duration, chance: f64) -> Duration {
    took.max(Duration::from_millis(1)).mul_f64(chance * f64::from(1_u32 << attempt.min(6))).min(MAX_PAUSE)
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        sync::{Mutex, atomic::AtomicUsize, atomic::Ordering},
    };

    use proptest::prelude::*;

    use super::*;

    /// What becomes of a request.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Fate {
        Answered,
        Lost,
        /// It is carried out, the answer is lost, and it is carried out once more later.
        Late,
    }

    /// Claims in memory behind a line that fails by a plan.
    #[derive(Default)]
    struct Shared {
        held: Mutex<BTreeMap<i64, Claim>>,
        late: Mutex<Vec<Claim>>,
        plan: Vec<Fate>,
        requests: AtomicUsize,
    }

    impl Shared {
        fn request<T>(&self, act: impl FnOnce() -> T) -> Result<(T, Fate), Error> {
            // Others come in between.
            thread::sleep(Duration::from_micros((chance() * 50.0) as u64));
            let fate = self.plan.get(self.requests.fetch_add(1, Ordering::SeqCst));
            let fate = fate.copied().unwrap_or(Fate::Answered);
            match fate {
                Fate::Lost => Err(self.lost()),
                fate => Ok((act(), fate)),
            }
        }

        fn lost(&self) -> Error {
            let (engine, address) = ("memory", "here".to_owned());
            Error::Timeout { engine, address, operation: "claim rows", seconds: 0.0 }
        }
    }

    impl Claims for Shared {
        fn put(&self, claim: Claim) -> Result<(), Error> {
            let put = self.request(|| self.held.lock().unwrap().insert(claim.id, claim))?;
            match put.1 {
                Fate::Late => {
                    self.late.lock().unwrap().push(claim);
                    Err(self.lost())
                }
                _ => Ok(()),
            }
        }

        fn all(&self) -> Result<Vec<Claim>, Error> {
            // What was late arrives some time.
            if chance() < 0.3
                && let Some(claim) = self.late.lock().unwrap().pop()
            {
                self.held.lock().unwrap().insert(claim.id, claim);
            }
            Ok(self.request(|| self.held.lock().unwrap().values().copied().collect())?.0)
        }

        fn withdraw(&self, ids: &[i64]) -> Result<(), Error> {
            self.request(|| self.held.lock().unwrap().retain(|id, _| !ids.contains(id))).map(drop)
        }
    }

    /// Reserves from several threads that know nothing of each other; the ranges that were promised.
    fn reserve_from_all(shared: &Shared, clients: usize, each: usize) -> Vec<(usize, usize)> {
        thread::scope(|scope| {
            let reserving: Vec<_> = (0..clients)
                .map(|client| {
                    scope.spawn(move || {
                        let rows = |number: usize| 1 + (client + number) % 3;
                        let tries =
                            (0..each).map(|number| (reserve(shared, Ok, 0, rows(number)), rows(number)));
                        tries.filter_map(|(first, rows)| Some((first.ok()??, rows))).collect::<Vec<_>>()
                    })
                })
                .collect();
            reserving.into_iter().flat_map(|reserving| reserving.join().unwrap()).collect()
        })
    }

    fn none_twice(mut ranges: Vec<(usize, usize)>) {
        ranges.sort_unstable();
        for pair in ranges.windows(2) {
            assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{pair:?}");
        }
    }

    #[test]
    fn clients_that_know_nothing_of_each_other_get_different_rows() {
        let shared = Shared::default();
        let ranges = reserve_from_all(&shared, 6, 60);
        assert_eq!(ranges.len(), 360);
        let end = ranges.iter().map(|(first, rows)| first + rows).max();
        none_twice(ranges);
        let held = shared.held.lock().unwrap();
        assert_eq!(held.values().map(|claim| claim.end).max(), end);
        assert!(held.len() <= CLAIMS_KEPT + 6, "{}", held.len());
    }

    #[test]
    fn one_client_leaves_no_gaps() {
        let shared = Shared::default();
        let rows: Vec<usize> = (0..40).map(|_| reserve(&shared, Ok, 3, 2).unwrap().unwrap()).collect();
        assert_eq!(rows, (0..40).map(|at| 3 + 2 * at).collect::<Vec<_>>());
    }

    #[test]
    fn rows_end_below_2_to_the_63() {
        let full = reserve(&Shared::default(), Ok, i64::MAX as usize, 1);
        assert!(matches!(full, Err(Error::Config { name: "row", .. })), "{full:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 40, ..ProptestConfig::default() })]

        #[test]
        fn lost_and_late_requests_give_no_row_twice(
            plan in prop::collection::vec(prop_oneof![
                4 => Just(Fate::Answered), 1 => Just(Fate::Lost), 1 => Just(Fate::Late)
            ], 0..120),
        ) {
            let shared = Shared { plan, ..Shared::default() };
            none_twice(reserve_from_all(&shared, 3, 12));
        }
    }

    #[test]
    fn pauses_grow_by_chance_and_end() {
        let took = Duration::from_millis(10);
        assert_eq!(pause(0, took, 0.5), Duration::from_millis(5));
        assert_eq!(pause(3, took, 0.5), Duration::from_millis(40));
        assert_eq!(pause(40, Duration::from_secs(9), 1.0), MAX_PAUSE);
    }
}
