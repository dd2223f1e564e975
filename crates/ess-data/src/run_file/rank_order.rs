//! Whether scores fall with the rank, as they should, or rise.

use super::line::Borrowed;
use crate::decimal::parse_f32;

/// Lines that are looked at: enough to know it, and little work for a large run.
const LINES: usize = 10_000;

/// What the first lines of a run say.
#[derive(Default)]
pub(super) struct RankOrder {
    looked_at: usize,
    /// The query, the rank and the score of the line before.
    before: Option<(String, f32, f32)>,
    rises: bool,
    /// Somewhere the score does not rise with the rank.
    falls: bool,
}

impl RankOrder {
    /// Whether nothing more is to be learnt from further lines.
    pub(super) fn is_known(&self) -> bool {
        self.falls || self.looked_at == LINES
    }

    /// Whether the score rises wherever the rank does.
    pub(super) fn rises(&self) -> bool {
        self.rises && !self.falls
    }

    pub(super) fn look_at(&mut self, hit: &Borrowed<'_>) {
        if self.is_known() {
            return;
        }
        self.looked_at += 1;
        let (score, rank) = (hit.score, parse_f32(hit.rank));
        let Some(rank) = rank else {
            self.falls = true;
            return;
        };
        if let Some((query, rank_before, score_before)) = &self.before
            && query == hit.query
            && rank != *rank_before
        {
            let together = (rank > *rank_before) == (score > *score_before);
            self.falls = !together || score == *score_before;
            self.rises = true;
        }
        self.before = Some((hit.query.to_owned(), rank, score));
    }
}
