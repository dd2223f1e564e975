//! The ranks of some hits among all.

use crate::entries::Entries;
use crate::run::by_trec_order;

/// Up to so many are ranked faster one by one than by a search for each hit.
const FEW: usize = 64;

/// A judged item among the hits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// Where it stands among the hits, from 0.
    pub(super) place: usize,
    pub(super) grade: i32,
    /// From 1.
    pub(super) rank: usize,
}

/// Gives hits their ranks in trec_eval's order.
pub(super) fn set_ranks(found: &mut [Found], hits: Entries<'_, f32>) {
    if !one_by_one(found, hits) {
        search(found, hits);
    }
}

/// Gives each hit its rank by the number of those that are better; `false` where that would take long.
fn one_by_one(found: &mut [Found], hits: Entries<'_, f32>) -> bool {
    let (numbers, scores) = (hits.numbers(), hits.values());
    // As most files have them.
    let falling = scores.is_sorted_by(|before, behind| before >= behind);
    if !falling && found.len() > FEW {
        return false;
    }
    let mut ties = 0;
    for found in found {
        let score = scores[found.place];
        let (mut better, same) =
            if falling { count_around(scores, found.place) } else { count_all(scores, score) };
        if same > 1 {
            ties += same;
            if ties > scores.len() {
                return false;
            }
            let among = if falling { better..better + same } else { 0..scores.len() };
            let id = hits.id(numbers[found.place]);
            better += among.filter(|at| scores[*at] == score && hits.id(numbers[*at]) > id).count();
        }
        found.rank = better + 1;
    }
    true
}

/// How many scores are better than one, and how many the same.
fn count_all(scores: &[f32], score: f32) -> (usize, usize) {
    let (mut better, mut same) = (0_u32, 0_u32);
    for other in scores {
        better += u32::from(*other > score);
        same += u32::from(*other == score);
    }
    (better as usize, same as usize)
}

/// As [`count_all`], of scores that never rise, for the one at a place.
fn count_around(scores: &[f32], place: usize) -> (usize, usize) {
    let (score, before, behind) = (scores[place], &scores[..place], &scores[place + 1..]);
    let better =
        if before.last() == Some(&score) { before.partition_point(|other| *other > score) } else { place };
    let behind =
        if behind.first() == Some(&score) { behind.partition_point(|other| *other == score) } else { 0 };
    (better, place + 1 + behind - better)
}

/// Gives hits their ranks: each of all `n` hits is placed between two of the `m` found ones by binary search, `O(n log m)`.
fn search(found: &mut [Found], hits: Entries<'_, f32>) {
    let hit = |place: usize, score: f32| (hits.id(hits.numbers()[place]), score);
    let mut sorted: Vec<_> =
        found.iter_mut().map(|found| (hit(found.place, hits.values()[found.place]), found)).collect();
    sorted.sort_unstable_by(|(a, _), (b, _)| by_trec_order(*a, *b));
    let scores: Vec<f32> = sorted.iter().map(|((_, score), _)| *score).collect();
    // How many hits have exactly so many found ones above them.
    let mut hits_by_found_above = vec![0_usize; sorted.len() + 1];
    for (place, score) in hits.values().iter().enumerate() {
        let mut above = scores.partition_point(|other| other > score);
        if scores.get(above) == Some(score) {
            let hit = hit(place, *score);
            above = sorted.partition_point(|(found, _)| by_trec_order(*found, hit).is_lt());
        }
        hits_by_found_above[above] += 1;
    }
    let mut at_or_above = 0;
    for ((_, found), hits) in sorted.into_iter().zip(hits_by_found_above) {
        at_or_above += hits;
        found.rank = at_or_above;
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::subsequence};

    use super::*;
    use crate::run::Run;

    type Ranking = fn(&mut [Found], Entries<'_, f32>) -> bool;

    const RANKINGS: [Ranking; 3] = [
        |found, hits| {
            set_ranks(found, hits);
            true
        },
        one_by_one,
        |found, hits| {
            search(found, hits);
            true
        },
    ];

    /// Scores of which many or none are the same, in any order or from the best on.
    fn scores() -> impl Strategy<Value = Vec<f32>> {
        let some = prop::collection::vec(prop_oneof![(-3_i8..3).prop_map(f32::from), Just(-0.0)], 1..200);
        let different = prop::collection::btree_set(any::<i16>(), 1..200);
        let different = different.prop_map(|scores| scores.into_iter().map(f32::from).collect::<Vec<_>>());
        prop_oneof![some, different.prop_shuffle()]
    }

    proptest! {
        #[test]
        fn ranks_are_places_in_the_sorted_ranking(
            scores in scores(), falling in any::<bool>(), chosen in subsequence((0..200_usize).collect::<Vec<_>>(), 0..200),
        ) {
            let mut scores = scores;
            if falling {
                scores.sort_unstable_by(|a, b| b.total_cmp(a));
            }
            let mut run = Run::new("run");
            for (item, score) in scores.iter().enumerate() {
                run.insert("q", &format!("d{item}"), *score).unwrap();
            }
            let (hits, ranking) = (run.get("q").unwrap(), run.ranking("q"));
            let places = || chosen.iter().copied().filter(|place| *place < scores.len());
            for rank in RANKINGS {
                let mut found: Vec<Found> = places().map(|place| Found { place, grade: 0, rank: 0 }).collect();
                if rank(&mut found, hits) {
                    for found in found {
                        prop_assert_eq!(ranking[found.rank - 1].0, format!("d{}", found.place));
                    }
                }
            }
        }
    }
}
