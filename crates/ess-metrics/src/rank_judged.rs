//! From ids and scores to a judged ranking.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::entries::Entries;
use crate::judged_ranking::{JudgedHit, JudgedRanking, highest_first};
use crate::run::by_trec_order;

/// Finds the judged items of one query among its hits, in trec_eval's order.
///
/// Measures need the ranks of the judged items alone, so only those are sorted: each hit is placed between
/// two of them by binary search, `O(n log m)` for `n` hits of which `m` are judged.
pub(crate) fn rank_judged(judged: Entries<'_, i32>, hits: Option<Entries<'_, f32>>) -> JudgedRanking {
    let grades = highest_first(judged.iter().map(|(_, grade)| grade));
    let Some(hits) = hits else {
        return JudgedRanking::from_parts(Vec::new(), 0, grades);
    };
    let judged = judged.iter().filter_map(|(id, grade)| Some((hits.number(id)?, grade)));
    let judged: HashMap<u32, i32, RandomState> = judged.collect();
    let found = hits.numbered().filter_map(|(number, score)| {
        let grade = *judged.get(&number)?;
        Some(Found { id: hits.id(number), score, grade })
    });
    let mut found: Vec<Found<'_>> = found.collect();
    found.sort_unstable_by(|a, b| by_trec_order((a.id, a.score), (b.id, b.score)));
    let ranks = ranks_of(&found, hits);
    let judged = found.iter().zip(ranks);
    let judged = judged.map(|(found, rank)| JudgedHit { rank, grade: found.grade });
    JudgedRanking::from_parts(judged.collect(), hits.len(), grades)
}

/// A judged item among the hits.
struct Found<'a> {
    id: &'a str,
    score: f32,
    grade: i32,
}

/// The rank, from 1, of each of the found items, which are sorted.
fn ranks_of(found: &[Found<'_>], hits: Entries<'_, f32>) -> Vec<usize> {
    if found.is_empty() {
        return Vec::new();
    }
    let scores: Vec<f32> = found.iter().map(|found| found.score).collect();
    // How many hits have exactly so many found items above them.
    let mut hits_by_found_above = vec![0_usize; found.len() + 1];
    for (number, score) in hits.numbered() {
        let mut above = scores.partition_point(|&other| other > score);
        if scores.get(above) == Some(&score) {
            let hit = (hits.id(number), score);
            above = found.partition_point(|found| by_trec_order((found.id, found.score), hit).is_lt());
        }
        hits_by_found_above[above] += 1;
    }
    let at_or_above = hits_by_found_above.iter().scan(0, |sum, &count| {
        *sum += count;
        Some(*sum)
    });
    at_or_above.take(found.len()).collect()
}
