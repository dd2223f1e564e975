//! From ids and scores to a judged ranking.

mod judged_items;
mod ranks;

use crate::entries::Entries;
use crate::judged_ranking::{JudgedHit, JudgedRanking, highest_first};
use judged_items::JudgedItems;
use ranks::{Found, set_ranks};

/// Finds the judged items of one query among its hits, in trec_eval's order.
///
/// Measures need the ranks of the judged items alone, so no list of hits is sorted.
pub(crate) fn rank_judged(judged: Entries<'_, i32>, hits: Option<Entries<'_, f32>>) -> JudgedRanking {
    let grades = highest_first(judged.numbered().map(|(_, grade)| grade));
    let Some(hits) = hits else {
        return JudgedRanking::from_parts(Vec::new(), 0, grades);
    };
    let with_number = judged.iter().filter_map(|(id, grade)| Some((hits.number(id)?, grade)));
    let judged = JudgedItems::new(with_number, judged.len());
    let found = judged.among(hits.numbers()).into_iter();
    let mut found: Vec<Found> = found.map(|(place, grade)| Found { place, grade, rank: 0 }).collect();
    set_ranks(&mut found, hits);
    found.sort_unstable_by_key(|found| found.rank);
    let judged = found.iter().map(|found| JudgedHit { rank: found.rank, grade: found.grade });
    JudgedRanking::from_parts(judged.collect(), hits.len(), grades)
}
