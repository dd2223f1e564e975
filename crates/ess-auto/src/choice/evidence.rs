//! What held-out queries say of the candidate that was taken.

use ess_metrics::UnseenLosses;

use super::{candidate::Candidate, simultaneous::critical_t};
use crate::{config::AutoConfig, error::Error, validation::trial::rounded};

/// What a query can lose: the range of nDCG. Anything less would assume which queries lose.
const MAX_LOSS: f64 = 1.0;

/// Whether the gain of what was taken is shown, paid for all that it was taken from.
pub(super) struct Evidence {
    /// Of the gain.
    pub(super) interval: [f64; 2],
    /// The end that random signs alone give.
    low_of_signs: f64,
    /// The one-sided p-value that allows for losses which no query has shown.
    p_unseen_losses: f64,
}

impl Evidence {
    /// Of `taken`, one of `all`, by how nDCG@10 of each query differs from the frozen encoder's.
    ///
    /// Random signs count every candidate. Losses that no query has shown count every trial once: the shares of the way to
    /// its weights find the same queries wrong.
    pub(super) fn of(
        taken: &Candidate<'_>,
        all: &[Candidate<'_>],
        config: &AutoConfig,
    ) -> Result<Self, Error> {
        let tail = (1.0 - config.confidence) / 2.0;
        let differences: Vec<&[f64]> = all.iter().map(|candidate| &candidate.differences[..]).collect();
        let width = critical_t(&differences, tail, config.seed) * taken.standard_error();
        // An infinite one shows nothing, and JSON has no infinity.
        let width = if width.is_finite() { width } else { 1.0 };
        let unseen = UnseenLosses::new(&taken.differences, MAX_LOSS, trials(all));
        let unseen = unseen.map_err(ess_core::Error::external)?;
        let (gain, low_of_signs) = (taken.gain(), taken.gain() - width);
        Ok(Self {
            interval: [low_of_signs.min(unseen.lower_end(tail)), gain + width].map(rounded),
            low_of_signs: rounded(low_of_signs),
            p_unseen_losses: unseen.p(),
        })
    }

    /// Whether there is a gain.
    pub(super) fn is_better(&self) -> bool {
        self.interval[0] > 0.0
    }

    /// Why the gain is not shown, behind what was measured.
    pub(super) fn against(&self) -> String {
        let kept = "so the frozen encoder is kept";
        if self.low_of_signs > 0.0 {
            return format!(
                ": too few queries change to rule out that others lose what makes up for it (p {:.3}), {kept}",
                self.p_unseen_losses
            );
        }
        format!(": no evidence of a gain, {kept}")
    }
}

/// Trials that rank any query otherwise than the frozen encoder.
fn trials(all: &[Candidate<'_>]) -> usize {
    let changes = |candidate: &&Candidate<'_>| candidate.differences.iter().any(|&change| change != 0.0);
    let mut names: Vec<&str> = all.iter().filter(changes).map(|candidate| candidate.name()).collect();
    names.dedup();
    names.len()
}
