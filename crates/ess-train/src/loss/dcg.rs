//! Discounted cumulative gain inside losses.

use super::{gain::Gain, lists::list::Relevant};

/// The rank of each similarity, from 1; ties by index.
pub(super) fn ranks(similarities: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..similarities.len()).collect();
    // Zero added, for −0 to tie with 0.
    let of = |position: usize| similarities[position] + 0.0;
    order.sort_by(|&a, &b| of(b).total_cmp(&of(a)).then(a.cmp(&b)));
    let mut ranks = vec![0; similarities.len()];
    for (rank, position) in order.into_iter().enumerate() {
        ranks[position] = rank + 1;
    }
    ranks
}

/// `1 / log₂(1 + rank)`, and 0 beyond the cutoff.
pub(super) fn discount(rank: usize, cutoff: Option<usize>) -> f64 {
    if cutoff.is_some_and(|cutoff| rank > cutoff) {
        return 0.0;
    }
    1.0 / (1.0 + rank as f64).log2()
}

/// The highest DCG that any order of the list has.
pub(super) fn ideal_dcg(relevant: &[Relevant], gain: Gain, cutoff: Option<usize>) -> f64 {
    let mut grades: Vec<i32> = relevant.iter().map(|relevant| relevant.grade).collect();
    grades.sort_unstable_by(|a, b| b.cmp(a));
    let best = grades.first().copied().unwrap_or(0);
    grades.iter().enumerate().map(|(at, &grade)| gain.of(grade, best) * discount(at + 1, cutoff)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_go_by_similarity_then_position() {
        assert_eq!(ranks(&[0.1, 0.9, 0.1, 0.5]), [3, 1, 4, 2]);
        assert_eq!((ranks(&[-0.0, 0.0]), ranks(&[0.0, -0.0])), (vec![1, 2], vec![1, 2]));
    }

    #[test]
    fn the_ideal_has_the_best_grades_first() {
        let relevant = [1, 3].map(|grade| Relevant { at: 0, grade });
        let ideal = ideal_dcg(&relevant, Gain::Linear, None);
        assert!((ideal - (3.0 + 1.0 / 3.0_f64.log2())).abs() < 1e-12);
        assert_eq!(ideal_dcg(&relevant, Gain::Linear, Some(1)), 3.0);
    }
}
