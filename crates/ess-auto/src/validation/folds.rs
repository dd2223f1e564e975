//! Cutting training queries into folds that imitate what is to come.

use std::collections::{BTreeMap, BTreeSet};

use ess_core::Embeddings;
use ess_train::Judgement;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// How queries were held out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoldKind {
    /// Each query by itself: held-out queries share relevant items with the others as often as chance has it.
    ByQuery,
    /// Queries that share a relevant item stay together: held-out queries ask for items that are new to training.
    ByComponent,
}

/// The folds, and why they are as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldEvidence {
    /// How queries were held out.
    pub kind: FoldKind,
    /// The share of queries with a relevant item that is also relevant to a query of another fold, by query.
    pub seen_by_query: f64,
    /// The share of dev queries with a relevant item that is also relevant to a training query, where dev was given.
    pub seen_dev: Option<f64>,
    /// The share of all queries that the largest group of queries with shared relevant items has.
    pub largest_component: f64,
    /// Why, in words.
    pub reason: String,
}

type Judged = [Vec<Judgement>];

/// The fold of each query: of `train` and then of `dev`, whose embeddings are `queries` together.
///
/// Queries of the same embedding are in one fold: a query that stands twice must not be held out from itself.
///
/// When dev queries ask for items that training knew much more rarely than held-out training queries do (less than
/// half as often), what is to come is taken to be new items, and folds go by component.
pub(crate) fn cut(
    queries: &Embeddings,
    train: &Judged,
    dev: Option<&Judged>,
    folds: usize,
    seed: u64,
) -> (Vec<usize>, FoldEvidence) {
    let all: Vec<Vec<Judgement>> = train.iter().chain(dev.unwrap_or_default()).cloned().collect();
    let copies = first_copies(queries);
    let by_query = by_query(&copies, folds, seed);
    let seen_by_query = seen_in_other_folds(&all, &by_query);
    let seen_dev = dev.map(|dev| share_seen(train, dev));
    let components = components(&all, &copies);
    let largest_component = components.iter().map(Vec::len).max().unwrap_or(0) as f64 / all.len() as f64;
    let new_items = seen_dev.is_some_and(|seen| seen < 0.5 * seen_by_query && seen_by_query > 0.05);
    // Of a group that is most of the queries no fold can be made; what is trained is left aside then.
    let disjoint = new_items && largest_component < 0.5;
    let kind = if disjoint { FoldKind::ByComponent } else { FoldKind::ByQuery };
    let reason = reason(kind, seen_by_query, seen_dev);
    let fold_of = if disjoint { by_component(&components, all.len(), folds, seed) } else { by_query };
    (fold_of, FoldEvidence { kind, seen_by_query, seen_dev, largest_component, reason })
}

fn reason(kind: FoldKind, seen_by_query: f64, seen_dev: Option<f64>) -> String {
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let Some(seen) = seen_dev.map(percent) else {
        return "no dev queries were given: folds hold out training queries at random".to_owned();
    };
    match kind {
        FoldKind::ByComponent => format!(
            "{seen} of dev queries ask for an item that training knew, where {} would by chance: folds hold out items",
            percent(seen_by_query)
        ),
        FoldKind::ByQuery => {
            format!("{seen} of dev queries ask for an item that training knew: folds hold out queries")
        }
    }
}

/// For each query the first one of the same embedding.
fn first_copies(queries: &Embeddings) -> Vec<usize> {
    let mut first: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
    let of = |row: usize| queries.row(row).iter().map(|number| number.to_bits()).collect();
    (0..queries.len()).map(|row| *first.entry(of(row)).or_insert(row)).collect()
}

fn by_query(copies: &[usize], folds: usize, seed: u64) -> Vec<usize> {
    let mut fold_of: Vec<usize> = (0..copies.len()).map(|query| query % folds).collect();
    fold_of.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    copies.iter().map(|&first| fold_of[first]).collect()
}

/// Whole components, the largest first, each to the fold that has fewest queries.
fn by_component(components: &[Vec<usize>], queries: usize, folds: usize, seed: u64) -> Vec<usize> {
    let mut components: Vec<&Vec<usize>> = components.iter().collect();
    components.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    components.sort_by_key(|component| std::cmp::Reverse(component.len()));
    let (mut fold_of, mut sizes) = (vec![0; queries], vec![0; folds]);
    for component in components {
        let fold = (0..folds).min_by_key(|&fold| sizes[fold]).unwrap_or(0);
        sizes[fold] += component.len();
        component.iter().for_each(|&query| fold_of[query] = fold);
    }
    fold_of
}

/// Groups of queries that are linked by shared relevant items or by being the same, each in query order.
fn components(judged: &Judged, copies: &[usize]) -> Vec<Vec<usize>> {
    let mut parent: Vec<usize> = (0..judged.len()).collect();
    fn root(parent: &mut [usize], mut query: usize) -> usize {
        while parent[query] != query {
            parent[query] = parent[parent[query]];
            query = parent[query];
        }
        query
    }
    let mut first_with: BTreeMap<usize, usize> = BTreeMap::new();
    for (query, judged) in judged.iter().enumerate() {
        let with: Vec<usize> =
            relevant(judged).map(|item| *first_with.entry(item).or_insert(query)).collect();
        for other in with.into_iter().chain([copies[query]]) {
            let (a, b) = (root(&mut parent, query), root(&mut parent, other));
            parent[a.max(b)] = a.min(b);
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for query in 0..judged.len() {
        let root = root(&mut parent, query);
        groups.entry(root).or_default().push(query);
    }
    groups.into_values().collect()
}

fn seen_in_other_folds(judged: &Judged, fold_of: &[usize]) -> f64 {
    let mut folds_with: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (judged, &fold) in judged.iter().zip(fold_of) {
        relevant(judged).for_each(|item| {
            folds_with.entry(item).or_default().insert(fold);
        });
    }
    let seen = |(judged, fold): (&Vec<Judgement>, &usize)| {
        relevant(judged).any(|item| folds_with[&item].iter().any(|other| other != fold))
    };
    judged.iter().zip(fold_of).filter(|&pair| seen(pair)).count() as f64 / judged.len() as f64
}

/// The share of `queries` with a relevant item that is relevant to one of `train` too.
fn share_seen(train: &Judged, queries: &Judged) -> f64 {
    let known: BTreeSet<usize> = train.iter().flat_map(|judged| relevant(judged)).collect();
    let seen = queries.iter().filter(|judged| relevant(judged).any(|item| known.contains(&item)));
    seen.count() as f64 / queries.len() as f64
}

pub(crate) fn relevant(judged: &[Judgement]) -> impl Iterator<Item = usize> {
    judged.iter().filter(|judgement| judgement.grade > 0).map(|judgement| judgement.item)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(items: &[usize]) -> Vec<Judgement> {
        items.iter().map(|&item| Judgement { item, grade: 1 }).collect()
    }

    /// So many queries, no two of them the same.
    fn different(queries: usize) -> Embeddings {
        Embeddings::from_vec((0..queries).map(|query| query as f32).collect(), 1).unwrap()
    }

    #[test]
    fn components_are_never_cut() {
        // Pairs of queries that share an item.
        let train: Vec<Vec<Judgement>> = (0..40).map(|query| judged(&[query / 2])).collect();
        let dev: Vec<Vec<Judgement>> = (0..10).map(|query| judged(&[100 + query / 2])).collect();
        let (fold_of, evidence) = cut(&different(50), &train, Some(&dev), 5, 7);
        assert_eq!((evidence.kind, evidence.seen_dev), (FoldKind::ByComponent, Some(0.0)));
        assert!(fold_of.chunks(2).all(|pair| pair[0] == pair[1]));
        assert!((0..5).all(|fold| fold_of.iter().filter(|&&other| other == fold).count() == 10));
    }

    #[test]
    fn dev_queries_like_training_ones_are_held_out_by_query() {
        let train: Vec<Vec<Judgement>> = (0..40).map(|query| judged(&[query % 10])).collect();
        let dev: Vec<Vec<Judgement>> = (0..10).map(|query| judged(&[query])).collect();
        let queries = different(50);
        let (fold_of, evidence) = cut(&queries, &train, Some(&dev), 5, 7);
        assert_eq!(evidence.kind, FoldKind::ByQuery);
        assert_eq!(fold_of.len(), 50);
        assert_eq!(cut(&queries, &train, Some(&dev), 5, 7).0, fold_of);
        assert_ne!(cut(&queries, &train, Some(&dev), 5, 8).0, fold_of);
    }

    #[test]
    fn queries_of_one_group_are_held_out_by_query() {
        let train: Vec<Vec<Judgement>> = (0..60).map(|_| judged(&[0])).collect();
        let dev: Vec<Vec<Judgement>> =
            (0..20).map(|query| if query == 0 { judged(&[0, 1]) } else { judged(&[1]) }).collect();
        let (fold_of, evidence) = cut(&different(80), &train, Some(&dev), 5, 7);
        assert_eq!((evidence.kind, evidence.largest_component), (FoldKind::ByQuery, 1.0));
        assert!((0..5).all(|fold| fold_of.contains(&fold)));
    }

    #[test]
    fn a_query_that_stands_twice_is_in_one_fold_whatever_holds_out() {
        // Each query stands twice, relevant to pairs of items of its own; the copy has other relevant items.
        let queries = Embeddings::from_vec((0..60).map(|query| (query % 30) as f32).collect(), 1).unwrap();
        let train: Vec<Vec<Judgement>> = (0..50).map(|query| judged(&[query / 2])).collect();
        let new: Vec<Vec<Judgement>> = (0..10).map(|query| judged(&[100 + query])).collect();
        let known: Vec<Vec<Judgement>> = (0..10).map(|query| judged(&[query])).collect();
        for (dev, kind) in [(new, FoldKind::ByComponent), (known, FoldKind::ByQuery)] {
            let (fold_of, evidence) = cut(&queries, &train, Some(&dev), 5, 7);
            assert_eq!(evidence.kind, kind, "{evidence:?}");
            assert!((0..30).all(|query| fold_of[query] == fold_of[query + 30]), "{fold_of:?}");
        }
    }
}
