//! What was seen of dev while a module was trained.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most modules whose values are kept. Beyond, every second one is dropped: neighbours, such as the steps of a long
/// training, reach much the same.
const MAX_LOOKS: usize = 512;

/// The values of every module that was measured on dev, for the test of the one that was chosen to pay for the choice.
#[derive(Default)]
pub(crate) struct Looks(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    values: Vec<Vec<f64>>,
    seen: usize,
    /// One of `2^halvings` looks is kept.
    halvings: u32,
}

impl Looks {
    /// Takes note of what a module reaches on each query.
    pub(crate) fn note(&self, values: &[f64]) {
        let mut kept = self.lock();
        if kept.seen.is_multiple_of(1 << kept.halvings) {
            kept.values.push(values.to_vec());
        }
        kept.seen += 1;
        if kept.values.len() > MAX_LOOKS {
            let mut odd = false;
            kept.values.retain(|_| {
                odd = !odd;
                odd
            });
            kept.halvings += 1;
        }
    }

    /// The values of the modules, each in the order of the queries.
    pub(crate) fn all(&self) -> Vec<Vec<f64>> {
        self.lock().values.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_looks_some_are_kept_from_first_to_last() {
        let looks = Looks::default();
        (0..5000).for_each(|look| looks.note(&[f64::from(look)]));
        let kept: Vec<f64> = looks.all().into_iter().flatten().collect();
        assert!((MAX_LOOKS / 2..=MAX_LOOKS).contains(&kept.len()), "{}", kept.len());
        let apart = kept[1] - kept[0];
        assert!(kept[0] == 0.0 && kept.windows(2).all(|pair| pair[1] - pair[0] == apart), "{kept:?}");
        assert!(kept[kept.len() - 1] > 4980.0);
    }
}
