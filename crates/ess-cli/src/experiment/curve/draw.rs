//! Which queries are learned from.

use anyhow::Result;
use ess_train::QuerySet;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// So many queries of a set, in its order. A smaller draw of the same seed is a part of a larger one. Shuffled, each has the
/// judgements of another of them.
pub(super) fn queries(all: &QuerySet, count: usize, seed: u64, shuffled: bool) -> Result<QuerySet> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut rows: Vec<usize> = (0..all.len()).collect();
    rows.shuffle(&mut random);
    rows.truncate(count);
    rows.sort_unstable();
    let drawn = all.select(&rows)?;
    if !shuffled {
        return Ok(drawn);
    }
    let mut judgements = drawn.judgements().to_vec();
    judgements.shuffle(&mut random);
    Ok(QuerySet::new(drawn.encodings().clone(), judgements)?)
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
        let all = QuerySet::new(encodings, judgements).unwrap();
        let items = |set: &QuerySet| set.judgements().iter().map(|judged| judged[0].item).collect::<Vec<_>>();
        let [few, many] = [5, 20].map(|count| items(&queries(&all, count, 3, false).unwrap()));
        assert!(few.len() == 5 && few.iter().all(|item| many.contains(item)));
        assert_ne!(items(&queries(&all, 20, 4, false).unwrap()), many);
        let null = queries(&all, 20, 3, true).unwrap();
        let same = (0..20).filter(|&row| null.encodings().row(row)[0] as usize == items(&null)[row]).count();
        assert!(same < 5, "{same} of 20 kept their judgements");
        let mut sorted = items(&null);
        sorted.sort_unstable();
        assert_eq!(sorted, many);
    }
}
