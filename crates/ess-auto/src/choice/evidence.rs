//! What held-out queries say of the candidate that was taken.

use ess_metrics::ChoiceTest;

use crate::{config::AutoConfig, error::Error};

/// How often signs are turned and queries are drawn. One less than a round number: what was observed is one more.
const DRAWS: usize = 3999;

/// Whether the gain of what was taken is shown, paid for all that it was taken from.
pub(super) struct Evidence {
    /// Of the gain; as wide as the measure to both sides where too few queries differ to state one.
    pub(super) interval: [f64; 2],
    /// The one-sided p-value of turned signs.
    p: f64,
    /// The one-sided p-value that allows for losses which no query has shown.
    p_unseen_losses: f64,
    /// Different candidates.
    candidates: usize,
}

impl Evidence {
    /// Of `taken`, by nDCG@10 of each query, against the frozen encoder's; `all` are the values of every candidate.
    pub(super) fn of(
        frozen: &[f64],
        taken: &[f64],
        all: &[Vec<f64>],
        config: &AutoConfig,
    ) -> Result<Self, Error> {
        let gain =
            taken.iter().zip(frozen).map(|(taken, frozen)| taken - frozen).sum::<f64>() / taken.len() as f64;
        let nothing =
            Self { interval: [gain - 1.0, gain + 1.0], p: 1.0, p_unseen_losses: 1.0, candidates: all.len() };
        // A level that so few draws cannot tell is never reached.
        if tail(config.confidence) * ((DRAWS + 1) as f64) < 1.0 {
            return Ok(nothing);
        }
        let test = ChoiceTest { resamples: DRAWS, seed: config.seed };
        let found = test.judge(frozen, taken, all, config.confidence).map_err(ess_core::Error::external)?;
        Ok(Self {
            interval: found.interval.unwrap_or(nothing.interval),
            p: found.p,
            p_unseen_losses: found.p_unseen_losses,
            candidates: found.systems,
        })
    }

    /// Why the gain is not shown, behind what was measured.
    pub(super) fn against(&self, confidence: f64) -> String {
        let kept = "so the frozen encoder is kept";
        if self.p <= tail(confidence) && self.p_unseen_losses > tail(confidence) {
            return format!(
                ": too few queries change to rule out that what gains so little loses as much on others (p {:.4} of the \
                 best of {}), {kept}",
                self.p_unseen_losses, self.candidates
            );
        }
        format!(": no evidence of a gain, {kept}")
    }
}

fn tail(confidence: f64) -> f64 {
    (1.0 - confidence) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(gain: f64, changed: usize, confidence: f64) -> Evidence {
        let taken: Vec<f64> = (0..200).map(|query| if query < changed { 0.5 + gain } else { 0.5 }).collect();
        let config = AutoConfig { confidence, ..AutoConfig::default() };
        Evidence::of(&[0.5; 200], &taken, std::slice::from_ref(&taken), &config).unwrap()
    }

    #[test]
    fn few_queries_that_change_show_nothing() {
        // All of five have one sign in 1 of 32 turns.
        let five = of(0.5, 5, 0.95);
        assert!(five.interval[0] < 0.0 && five.against(0.95).contains("no evidence"), "{:?}", five.interval);
        // A gain of .5 of ten queries shows no loss: at 95 %, ln(40) / ln(1.5) = 9.1 are needed.
        assert!(of(0.5, 10, 0.95).interval[0] > 0.0);
        let little = of(0.05, 40, 0.95);
        assert!(little.interval[0] <= 0.0 && little.against(0.95).contains("loses as much on others"));
        // ln(40) / ln(1.05) = 75.6.
        assert!(of(0.05, 80, 0.95).interval[0] > 0.0);
    }

    #[test]
    fn a_level_that_draws_cannot_tell_is_never_reached() {
        let found = of(0.5, 200, 1.0 - 1e-6);
        assert_eq!(found.interval, [-0.5, 1.5]);
    }
}
