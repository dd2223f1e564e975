//! What a learned weight looks at: numbers of one query and of what was found for it.

use ess_core::Hit;

/// The statistics of scores, in order.
const OF_SCORES: [&str; 15] = [
    "dense: highest",
    "dense: mean",
    "dense: standard deviation",
    "dense: first less tenth",
    "dense: entropy",
    "words: highest",
    "words: mean",
    "words: standard deviation",
    "words: first less tenth",
    "words: entropy",
    "words: highest by word of the query",
    "items in both first tens",
    "items in both lists",
    "reciprocal rank of the first dense hit among words",
    "reciprocal rank of the first hit by words among dense",
];

/// The one number of a query's words that takes no first pass.
const WORDS: &str = "words of the query, logarithm";

/// Up to which rank hits are the first ones.
const FIRST: usize = 10;

/// The names of all features but the numbers of the dense encoding.
pub(crate) fn names(scores: bool, encoding: bool) -> Vec<&'static str> {
    let words = (scores || encoding).then_some(WORDS);
    words.into_iter().chain(OF_SCORES.into_iter().filter(|_| scores)).collect()
}

/// `ln(1 + words)`, where a word is one that some item has.
pub(crate) fn of_words(words: usize) -> f32 {
    (1.0 + words as f32).ln()
}

/// The statistics of the first `depth` hits of both searchers for a query with so many words.
pub(crate) fn of_scores(dense: &[Hit], lexical: &[Hit], words: usize, depth: usize) -> Vec<f32> {
    let (dense, lexical) = (&dense[..depth.min(dense.len())], &lexical[..depth.min(lexical.len())]);
    let mut features = Vec::with_capacity(OF_SCORES.len());
    features.extend(of_list(dense));
    features.extend(of_list(lexical));
    features.push(lexical.first().map_or(0.0, |hit| hit.similarity) / words.max(1) as f32);
    features.push(overlap(&dense[..FIRST.min(dense.len())], &lexical[..FIRST.min(lexical.len())]));
    features.push(overlap(dense, lexical));
    features.push(rank_of_first(dense, lexical));
    features.push(rank_of_first(lexical, dense));
    features
}

fn of_list(hits: &[Hit]) -> [f32; 5] {
    let Some(first) = hits.first() else {
        return [0.0; 5];
    };
    let count = hits.len() as f32;
    let mean = hits.iter().map(|hit| hit.similarity).sum::<f32>() / count;
    let deviation = (hits.iter().map(|hit| (hit.similarity - mean).powi(2)).sum::<f32>() / count).sqrt();
    let tenth = hits[FIRST.min(hits.len()) - 1].similarity;
    [first.similarity, mean, deviation, first.similarity - tenth, entropy(hits, deviation)]
}

/// The entropy of the softmax of scores in standard deviations, as a share of the highest possible one.
fn entropy(hits: &[Hit], deviation: f32) -> f32 {
    if deviation <= 0.0 {
        return 1.0;
    }
    let logits = hits.iter().map(|hit| (hit.similarity - hits[0].similarity) / deviation);
    let weights: Vec<f32> = logits.map(f32::exp).collect();
    let sum: f32 = weights.iter().sum();
    let terms = weights.iter().map(|weight| weight / sum).filter(|share| *share > 0.0);
    terms.map(|share| -share * share.ln()).sum::<f32>() / (hits.len() as f32).ln()
}

/// Items of both lists, as a share of the shorter one.
fn overlap(first: &[Hit], second: &[Hit]) -> f32 {
    let mut items: Vec<usize> = first.iter().map(|hit| hit.item).collect();
    items.sort_unstable();
    let both = second.iter().filter(|hit| items.binary_search(&hit.item).is_ok()).count();
    both as f32 / first.len().min(second.len()).max(1) as f32
}

/// `1 / rank` of the first of a list in another; 0 where it is not.
fn rank_of_first(list: &[Hit], other: &[Hit]) -> f32 {
    let rank = list.first().and_then(|first| other.iter().position(|hit| hit.item == first.item));
    rank.map_or(0.0, |rank| 1.0 / (rank + 1) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_by_hand() {
        let dense = [Hit::new(4, 3.0), Hit::new(2, 1.0)];
        let lexical = [Hit::new(2, 6.0), Hit::new(7, 6.0), Hit::new(4, 6.0)];
        let found = of_scores(&dense, &lexical, 3, 100);
        assert_eq!(found.len(), OF_SCORES.len());
        // In deviations the scores are 0 and -2.
        let share = 1.0 / (1.0 + (-2.0_f32).exp());
        let entropy = -(share * share.ln() + (1.0 - share) * (1.0 - share).ln()) / 2.0_f32.ln();
        let expected = [3.0, 2.0, 1.0, 2.0, entropy, 6.0, 6.0, 0.0, 0.0, 1.0, 2.0, 1.0, 1.0, 1.0 / 3.0, 0.5];
        assert!(
            found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6),
            "{found:?}"
        );
    }

    #[test]
    fn no_hits_and_one_hit_have_finite_statistics() {
        let hit = [Hit::new(0, 1.0)];
        for (dense, lexical) in [(&[][..], &[][..]), (&hit, &[]), (&[], &hit), (&hit, &hit)] {
            assert!(of_scores(dense, lexical, 0, 100).iter().all(|value| value.is_finite()));
        }
    }
}
