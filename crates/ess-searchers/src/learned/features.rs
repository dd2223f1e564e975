//! The features of a learned weight: statistics of one query and of its hits.

use ess_core::Hit;

/// The statistics of scores, in order.
const OF_SCORES: [&str; 15] = [
    "dense: highest",
    "dense: mean",
    "dense: standard deviation",
    "dense: first less tenth",
    "dense: entropy",
    "lexical: highest",
    "lexical: mean",
    "lexical: standard deviation",
    "lexical: first less tenth",
    "lexical: entropy",
    "lexical: highest by term of the query",
    "items in both first tens",
    "items in both lists",
    "reciprocal rank of the first dense hit in the lexical list",
    "reciprocal rank of the first lexical hit in the dense list",
];

/// The one feature of a query's terms that takes no first pass.
const TERMS: &str = "terms of the query, logarithm";

/// The last rank that counts as one of the first.
const FIRST: usize = 10;

/// The names of all features but the components of the dense encoding.
pub(crate) fn names(scores: bool, encoding: bool) -> Vec<&'static str> {
    let terms = (scores || encoding).then_some(TERMS);
    terms.into_iter().chain(OF_SCORES.into_iter().filter(|_| scores)).collect()
}

/// `ln(1 + terms)`, where a term is one that some item has.
pub(crate) fn of_terms(terms: usize) -> f32 {
    (1.0 + terms as f32).ln()
}

/// The statistics of the first `depth` hits of both searchers for a query with this number of terms.
pub(crate) fn of_scores(dense: &[Hit], lexical: &[Hit], terms: usize, depth: usize) -> Vec<f32> {
    let (dense, lexical) = (&dense[..depth.min(dense.len())], &lexical[..depth.min(lexical.len())]);
    let mut features = Vec::with_capacity(OF_SCORES.len());
    features.extend(of_list(dense));
    features.extend(of_list(lexical));
    features.push(lexical.first().map_or(0.0, |hit| hit.similarity) / terms.max(1) as f32);
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

/// The entropy of the softmax of standardised scores, divided by the highest possible entropy.
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

/// The number of items in both lists, divided by the length of the shorter list.
fn overlap(first: &[Hit], second: &[Hit]) -> f32 {
    let mut items: Vec<usize> = first.iter().map(|hit| hit.item).collect();
    items.sort_unstable();
    let both = second.iter().filter(|hit| items.binary_search(&hit.item).is_ok()).count();
    both as f32 / first.len().min(second.len()).max(1) as f32
}

/// `1 / rank` of the first item of a list in another list; 0 where it is absent.
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
    fn no_hits_are_zeros_and_one_hit_has_no_spread_and_all_entropy() {
        let (hit, of_none, of_one) = ([Hit::new(0, 2.0)], [0.0; 5], [2.0, 2.0, 0.0, 0.0, 1.0]);
        for (dense, lexical, statistics, by_term, both) in [
            (&[][..], &[][..], [of_none, of_none], 0.0, 0.0),
            (&hit, &[], [of_one, of_none], 0.0, 0.0),
            (&[], &hit, [of_none, of_one], 2.0, 0.0),
            (&hit, &hit, [of_one, of_one], 2.0, 1.0),
        ] {
            let expected = [&statistics.concat()[..], &[by_term], &[both; 4]].concat();
            assert_eq!(of_scores(dense, lexical, 0, 100), expected);
        }
    }
}
