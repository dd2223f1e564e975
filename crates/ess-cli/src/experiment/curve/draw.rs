//! Which queries are learned from.

use anyhow::Result;
use ess_train::QuerySet;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// A draw of so many queries of a set. A smaller draw of the same seed is a part of a larger one.
#[derive(Clone, Copy)]
pub(super) struct Draw {
    pub(super) count: usize,
    pub(super) seed: u64,
    /// Whether each query has the judgements of another of them.
    pub(super) shuffled: bool,
}

impl Draw {
    /// The rows of so many of these, in their order.
    pub(super) fn rows(&self, of: usize) -> Vec<usize> {
        self.rows_and_more(of).0
    }

    fn rows_and_more(&self, of: usize) -> (Vec<usize>, ChaCha8Rng) {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let mut rows: Vec<usize> = (0..of).collect();
        rows.shuffle(&mut random);
        rows.truncate(self.count);
        rows.sort_unstable();
        (rows, random)
    }

    /// The queries of the rows, which keep the items that are left out of their rankings.
    pub(super) fn queries(&self, all: &QuerySet) -> Result<QuerySet> {
        let (rows, mut random) = self.rows_and_more(all.len());
        let drawn = all.select(&rows)?;
        if !self.shuffled {
            return Ok(drawn);
        }
        let mut judgements = drawn.judgements().to_vec();
        judgements.shuffle(&mut random);
        let null = QuerySet::new(drawn.encodings().clone(), judgements)?;
        let own = drawn.left_out();
        Ok(if own.is_empty() { null } else { null.with_left_out(own.to_vec())? })
    }
}

#[cfg(test)]
mod tests {
    use ess_core::Embeddings;
    use ess_train::Judgement;

    use super::*;

    #[test]
    fn small_draws_are_parts_of_large_ones_and_shuffling_keeps_the_judgements_of_all() {
        let encodings = Embeddings::from_vec((0..40).map(|row| row as f32).collect(), 1).unwrap();
        let judgements = (0..40).map(|item| vec![Judgement { item, grade: 1 }]).collect();
        let own: Vec<Option<usize>> = (0..40).map(|item| Some(item + 40)).collect();
        let all = QuerySet::new(encodings, judgements).unwrap().with_left_out(own).unwrap();
        let of = |count, seed, shuffled| Draw { count, seed, shuffled }.queries(&all).unwrap();
        let items = |set: &QuerySet| set.judgements().iter().map(|judged| judged[0].item).collect::<Vec<_>>();
        let [few, many] = [5, 20].map(|count| items(&of(count, 3, false)));
        assert!(few.len() == 5 && few.iter().all(|item| many.contains(item)));
        assert_ne!(items(&of(20, 4, false)), many);
        let null = of(20, 3, true);
        let same = (0..20).filter(|&row| null.encodings().row(row)[0] as usize == items(&null)[row]).count();
        assert!(same < 5, "{same} of 20 kept their judgements");
        let mut sorted = items(&null);
        sorted.sort_unstable();
        assert_eq!(sorted, many);
        // The rows are those of the queries, and each keeps the item that is left out of its ranking.
        let rows = Draw { count: 20, seed: 3, shuffled: true }.rows(40);
        assert_eq!(rows, many);
        assert!((0..20).all(|row| null.left_out()[row] == Some(rows[row] + 40)));
    }
}
