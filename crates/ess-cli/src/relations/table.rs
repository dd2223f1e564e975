//! Ranks as rows of a table.

use ess_relations::RankSummary;

/// The headings behind the first column.
pub(super) const HEADINGS: [&str; 6] = ["", "MRR", "Hits@1", "Hits@3", "Hits@10", "ranks"];

/// A row of figures.
pub(super) fn row(name: &str, summary: &RankSummary) -> Vec<String> {
    let shares = [summary.mrr, summary.hits_at_1, summary.hits_at_3, summary.hits_at_10];
    let figures = shares.iter().map(|share| format!("{share:.3}"));
    std::iter::once(name.to_owned()).chain(figures).chain([summary.ranks.to_string()]).collect()
}
