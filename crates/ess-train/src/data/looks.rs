//! What was seen of dev while a module was trained.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The maximum number of modules whose values are kept. Beyond, every second one is dropped: neighbours, such as the steps of a
/// long training, reach much the same. Each is counted.
const MAX_LOOKS: usize = 512;

/// The values of every module that was measured on dev, for the test of the one that was chosen to pay for the choice.
#[derive(Default)]
pub(crate) struct Looks(Mutex<Kept>);

/// What a test of a choice has to pay for.
pub(crate) struct Seen {
    /// The values of modules, each in the order of the queries.
    pub(crate) kept: Vec<Vec<f64>>,
    /// How many more there were, all different.
    pub(crate) dropped: usize,
}

#[derive(Default)]
struct Kept {
    values: Vec<Vec<f64>>,
    /// Of all values that were seen, kept or dropped.
    fingerprints: HashSet<u64>,
    /// One of `2^halvings` looks is kept.
    halvings: u32,
}

impl Looks {
    /// Takes note of what a module reaches on each query. One that reaches the same as another is no further candidate.
    pub(crate) fn note(&self, values: &[f64]) {
        let mut kept = self.lock();
        let before = kept.fingerprints.len();
        if !kept.fingerprints.insert(fingerprint(values)) {
            return;
        }
        if before.is_multiple_of(1 << kept.halvings) {
            kept.values.push(values.to_vec());
        }
        if kept.values.len() > MAX_LOOKS {
            let mut odd = false;
            kept.values.retain(|_| {
                odd = !odd;
                odd
            });
            kept.halvings += 1;
        }
    }

    /// All that was seen.
    pub(crate) fn all(&self) -> Seen {
        let kept = self.lock();
        Seen { kept: kept.values.clone(), dropped: kept.fingerprints.len() - kept.values.len() }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same for equal values alone, but for one pair in 2⁶⁴.
fn fingerprint(values: &[f64]) -> u64 {
    let mut hasher = DefaultHasher::new();
    values.iter().for_each(|value| value.to_bits().hash(&mut hasher));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_looks_some_are_kept_from_first_to_last_and_all_are_counted() {
        let looks = Looks::default();
        (0..5000).for_each(|look| looks.note(&[f64::from(look)]));
        let Seen { kept, dropped } = looks.all();
        assert_eq!(kept.len() + dropped, 5000);
        let kept: Vec<f64> = kept.into_iter().flatten().collect();
        assert!((MAX_LOOKS / 2..=MAX_LOOKS).contains(&kept.len()), "{}", kept.len());
        let apart = kept[1] - kept[0];
        assert!(kept[0] == 0.0 && kept.windows(2).all(|pair| pair[1] - pair[0] == apart), "{kept:?}");
        assert!(kept[kept.len() - 1] > 4980.0);
    }

    #[test]
    fn what_was_seen_before_is_no_further_look() {
        let looks = Looks::default();
        for _ in 0..3 {
            (0..400).for_each(|look| looks.note(&[f64::from(look), 0.5]));
        }
        let Seen { kept, dropped } = looks.all();
        assert_eq!((kept.len(), dropped), (400, 0));
    }
}
