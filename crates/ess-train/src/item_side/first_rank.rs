//! The radius at which the most queries have a relevant item at rank 1.

use std::collections::HashSet;

use ess_core::Embeddings;
use ess_linalg::kernels::dot;
use rayon::prelude::*;

use super::nudge::Pulls;
use crate::data::judgement::Judgement;

/// The maximum radius: an item that moves by twice its norm no longer resembles itself.
pub(super) const MAX_RADIUS: f64 = 2.0;

/// The smallest radius, of those where the most queries (`n × d`) have a relevant item at rank 1.
///
/// With NUDGE-M, item `j` has similarity `aⱼ + radius · bⱼ`, so a relevant item leads in an interval of radii, where it is
/// above every other line. The answer is where the most intervals overlap.
pub(super) fn choose(
    pulls: &Pulls,
    items: &Embeddings,
    queries: &Embeddings,
    judgements: &[Vec<Judgement>],
) -> f64 {
    let lengths: Vec<f32> = items.rows().map(|item| dot(item, item).sqrt()).collect();
    let of_query = |(query, judged): (usize, &Vec<Judgement>)| -> Vec<(f64, f64)> {
        let lines = lines(pulls, items, &lengths, queries.row(query));
        let relevant: HashSet<usize> =
            judged.iter().filter(|judged| judged.grade > 0).map(|judged| judged.item).collect();
        let mut rows: Vec<usize> = relevant.iter().copied().collect();
        rows.sort_unstable();
        let leads = rows.into_iter().filter_map(|row| leads(&lines, row, &relevant));
        union(leads.collect())
    };
    let intervals: Vec<Vec<(f64, f64)>> = judgements.par_iter().enumerate().map(of_query).collect();
    most_covered(&intervals.concat())
}

/// Each item's similarity to a query: at radius 0, and what a radius adds.
fn lines(pulls: &Pulls, items: &Embeddings, lengths: &[f32], query: &[f32]) -> Vec<(f64, f64)> {
    let mut lines: Vec<(f64, f64)> = items.rows().map(|item| (f64::from(dot(query, item)), 0.0)).collect();
    for (&row, direction) in pulls.rows.iter().zip(pulls.directions.chunks_exact(items.dim())) {
        lines[row].1 = f64::from(dot(query, direction)) * f64::from(lengths[row]);
    }
    lines
}

/// The radii at which an item is above all that are not relevant.
fn leads(lines: &[(f64, f64)], row: usize, relevant: &HashSet<usize>) -> Option<(f64, f64)> {
    let (mut low, mut high) = (0.0_f64, MAX_RADIUS);
    let (a, b) = lines[row];
    for (_, &(other_a, other_b)) in lines.iter().enumerate().filter(|(other, _)| !relevant.contains(other)) {
        // Ahead where `ahead + radius · gains` is above 0.
        let (ahead, gains) = (a - other_a, b - other_b);
        if gains > 0.0 {
            low = low.max(-ahead / gains);
        } else if gains < 0.0 {
            high = high.min(-ahead / gains);
        } else if ahead <= 0.0 {
            return None;
        }
        if low >= high {
            return None;
        }
    }
    Some((low, high))
}

/// Intervals that overlap, joined, so that a query counts once.
fn union(mut intervals: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    intervals.sort_by(|x, y| x.0.total_cmp(&y.0));
    let mut joined: Vec<(f64, f64)> = Vec::new();
    for interval in intervals {
        match joined.last_mut() {
            Some(last) if interval.0 <= last.1 => last.1 = last.1.max(interval.1),
            _ => joined.push(interval),
        }
    }
    joined
}

/// The middle of the first stretch that the most intervals cover; 0 where there is none.
fn most_covered(intervals: &[(f64, f64)]) -> f64 {
    let starts = intervals.iter().map(|interval| (interval.0, 1_i64));
    let mut events: Vec<(f64, i64)> =
        starts.chain(intervals.iter().map(|interval| (interval.1, -1))).collect();
    events.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
    let (mut covered, mut best, mut radius) = (0, 0, 0.0);
    for (at, &(start, change)) in events.iter().enumerate() {
        covered += change;
        let end = events.get(at + 1).map_or(start, |next| next.0);
        if covered > best && end > start {
            (best, radius) = (covered, f64::midpoint(start, end));
        }
    }
    radius
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::gain::Gain;

    #[test]
    fn the_radius_is_where_the_most_queries_are_answered() {
        // Item 0 stands beside query 0 and is found only once it has come nearer than item 1; query 1 loses item 1 when
        // item 0 comes too far.
        let items = Embeddings::from_rows(&[[1.0, 0.0], [0.6, 0.8]]).unwrap();
        let queries = Embeddings::from_rows(&[[0.0, 1.0], [0.28, 0.96]]).unwrap();
        let judged = |item| vec![Judgement { item, grade: 1 }];
        let judgements = [judged(0), judged(1)];
        let pulls =
            Pulls::new(Gain::Linear, &items, &queries.select(&[0]).unwrap(), &judgements[..1]).unwrap();
        let radius = choose(&pulls, &items, &queries, &judgements);
        // Query 0: 0.8 at least. Query 1: 0.28 + 0.96 r below 0.936, so r at most 0.683: one query either way, and the
        // first stretch wins.
        assert!((radius - 0.683 / 2.0).abs() < 1e-2, "{radius}");
        let moved = pulls.moved(crate::item_side::nudge::NudgeKind::Magnitude, &items, 0.9).unwrap();
        assert!(dot(moved.row(0), queries.row(0)) > dot(moved.row(1), queries.row(0)));
        let alone = choose(&pulls, &items, &queries.select(&[0]).unwrap(), &judgements[..1]);
        assert!((alone - f64::midpoint(0.8, MAX_RADIUS)).abs() < 1e-5, "{alone}");
    }

    #[test]
    fn overlapping_intervals_of_one_query_count_once() {
        assert_eq!(union(vec![(0.5, 1.0), (0.0, 0.6), (1.5, 2.0)]), [(0.0, 1.0), (1.5, 2.0)]);
        assert_eq!(most_covered(&[(0.0, 1.0), (0.5, 2.0)]), 0.75);
        assert_eq!(most_covered(&[]), 0.0);
    }
}
