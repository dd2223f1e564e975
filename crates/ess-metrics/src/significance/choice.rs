//! Whether a system that was chosen on the queries that judge it is better.

use rand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    differences::differences,
    draws::{Draws, MAX_EXHAUSTIVE},
    scaled_systems::ScaledSystems,
    studentised,
    tails::{check_confidence, ranked_out, smallest_sample, tail_rank},
    unseen_losses::UnseenLosses,
};
use crate::error::Error;

/// A one-sided test of whether the system that was chosen out of several is better than the baseline, on the very queries
/// that it was chosen on.
///
/// Were none of the systems different from the baseline, each query's differences could as well have the other sign. All
/// systems' signs are turned together, query by query, and the p-value is the share of such turns in which the *best* of
/// them is as far above the baseline as the chosen one was. It is the single-step max-T procedure of Westfall and Young,
/// "Resampling-based multiple testing", 1993, on the self-normalised sum `Σ d / √Σ d²` of each system. Queries on which
/// nothing differs say nothing. With at most 16 queries that differ all turns are tried, and for one system the value is
/// then exact. With more, `resamples` random ones are, and the observed one counts with them.
///
/// That assumes symmetric differences. Two more demands guard against a system that is no better on average because it
/// loses rarely and much, and both pay for the choice. The studentised bootstrap sees the losses that these queries show.
/// What they do not show, Gaffke's test allows for. A difference may be as low as minus the range of the measure, which is 1, or
/// as wide as the values given. So of `n` queries that differ and gain `g` each the chance that they show none of the
/// losses that would make up for the gain is `(1 + g)^-n`. Each of `m` systems had that chance, so the p-value is `m` times as
/// large (Bonferroni): with no loss among them, a gain `g` needs at least `ln(2 m / (1 − confidence)) / ln(1 + g)` queries that
/// differ. At 99 %:
///
/// | mean gain of queries that differ | of 1 system | the best of 8 | the best of 48 |
/// |---|---|---|---|
/// | 1 (the minimum) | 8 | 11 | 14 |
/// | .5 | 14 | 19 | 23 |
/// | .2 | 30 | 41 | 51 |
/// | .1 | 56 | 78 | 97 |
/// | .05 | 109 | 152 | 188 |
///
/// The interval of the difference has its lower end above 0 just where all three say so, each at `(1 − confidence) / 2`. In
/// simulations a system that is no better passes no more often than that, one in 200 at 99 %: with sparse, heavy-tailed, equal and
/// rare large differences, 8 to 100 queries and 1 to 48 systems. It holds for queries that are drawn independently.
///
/// ```
/// use ess_metrics::ChoiceTest;
///
/// // 6 of 100 queries rise and none falls: as likely by chance as six heads in six tosses, 1 in 64.
/// let baseline = [0.5; 100];
/// let chosen: Vec<f64> = (0..100).map(|query| if query < 6 { 0.8 } else { 0.5 }).collect();
/// let evidence = ChoiceTest::default().judge(&baseline, &chosen, &[], 0.99)?;
/// assert_eq!((evidence.differing, evidence.p), (6, 1.0 / 64.0));
/// assert!(!evidence.is_better());
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChoiceTest {
    /// How many random turns are tried, and how often queries are drawn; up to 10 million, and at least so often that the
    /// tails hold one: 199 for 99 %. 10 000 by default.
    pub resamples: usize,
    /// The seed of both; 0 by default.
    pub seed: u64,
}

impl Default for ChoiceTest {
    fn default() -> Self {
        Self { resamples: 10_000, seed: 0 }
    }
}

/// What queries say of a system that was chosen on them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceEvidence {
    /// Queries on which the chosen system differs from the baseline.
    pub differing: usize,
    /// Different systems that were looked at, the chosen one included; those that differ on too few queries to be
    /// believed do not count.
    pub systems: usize,
    /// The one-sided p-value of turned signs, the choice paid for.
    pub p: f64,
    /// The one-sided p-value that allows for losses which no query has shown, the choice paid for.
    #[serde(default = "one")]
    pub p_unseen_losses: f64,
    /// The interval of `chosen − baseline`, low and high; `None` where too few queries differ to state one.
    pub interval: Option<[f64; 2]>,
}

fn one() -> f64 {
    1.0
}

impl ChoiceEvidence {
    /// Whether the chosen system is better than the baseline.
    pub fn is_better(&self) -> bool {
        self.interval.is_some_and(|[low, _]| low > 0.0)
    }
}

impl ChoiceTest {
    /// Judges `chosen` against `baseline`, of the same queries in the same order. `tried` are the values of every system
    /// that was looked at before the choice; the chosen one may be among them.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when there are not as many values everywhere, [`Error::Empty`] or [`Error::NonFinite`]
    /// for no values or for a NaN or an infinity among them, [`Error::InvalidParameter`] for a confidence or a number of
    /// resamples outside its range.
    pub fn judge(
        &self,
        baseline: &[f64],
        chosen: &[f64],
        tried: &[Vec<f64>],
        confidence: f64,
    ) -> Result<ChoiceEvidence, Error> {
        self.judge_with_dropped(baseline, chosen, tried, 0, confidence)
    }

    /// As [`ChoiceTest::judge`], where so many other systems were looked at as well and their values were not kept. The
    /// allowance for losses that no query has shown counts them all. Turned signs and the bootstrap know those in `tried`,
    /// which have to be like what was dropped, as every second step of a long training is.
    ///
    /// ```
    /// use ess_metrics::ChoiceTest;
    ///
    /// let judge = |dropped| ChoiceTest::default().judge_with_dropped(&[0.5; 60], &[0.6; 60], &[], dropped, 0.99);
    /// assert!(judge(0)?.is_better());
    /// let of_many = judge(2000)?;
    /// assert!(of_many.systems == 2001 && !of_many.is_better());
    /// # Ok::<(), ess_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`ChoiceTest::judge`].
    pub fn judge_with_dropped(
        &self,
        baseline: &[f64],
        chosen: &[f64],
        tried: &[Vec<f64>],
        dropped: usize,
        confidence: f64,
    ) -> Result<ChoiceEvidence, Error> {
        check_confidence(confidence)?;
        self.draws().check("resamples of a test of a choice")?;
        let rank = tail_rank(self.resamples, confidence)?;
        let of_chosen = differences(baseline, chosen)?;
        let differing = count(&of_chosen);
        let mut evidence =
            ChoiceEvidence { differing, systems: 1, p: 1.0, p_unseen_losses: 1.0, interval: None };
        if differing == 0 {
            return Ok(evidence);
        }
        let others = others(baseline, tried, &of_chosen, confidence)?;
        let systems = ScaledSystems::of(&of_chosen, &others);
        let maxima = self.maxima(&systems);
        let observed = systems.observed();
        // Sums that are equal but for rounding count as equal.
        let tolerance = 1e-12 * (systems.queries() as f64).sqrt();
        let extreme = maxima.iter().filter(|&&most| most >= observed - tolerance).count();
        evidence.systems = systems.count().saturating_add(dropped);
        evidence.p = (extreme + 1) as f64 / (maxima.len() + 1) as f64;
        let unseen = UnseenLosses::of(&of_chosen, evidence.systems, range(baseline, chosen, tried));
        evidence.p_unseen_losses = unseen.p();
        let turns = tail_rank(maxima.len(), confidence);
        let (Ok(turns), true) = (turns, differing >= smallest_sample(confidence)) else {
            return Ok(evidence);
        };
        let [seen, high] = studentised::interval_of_chosen(self.draws(), &of_chosen, &others, rank);
        let critical = ranked_out(maxima, turns)[1].max(0.0);
        let unit = of_chosen.iter().map(|x| x * x).sum::<f64>().sqrt() / of_chosen.len() as f64;
        let [turned, turned_high] = ends(observed, critical, tolerance).map(|end| end * unit);
        let low = turned.min(seen).min(unseen.lower_end((1.0 - confidence) / 2.0));
        evidence.interval = Some([low, turned_high.max(high)]);
        Ok(evidence)
    }

    /// The largest statistic of any system, for each turn of signs but the observed one.
    fn maxima(&self, systems: &ScaledSystems) -> Vec<f64> {
        if systems.queries() <= MAX_EXHAUSTIVE {
            return (1..1_u64 << systems.queries()).map(|signs| systems.largest(|| signs)).collect();
        }
        let turn = |draw: usize| {
            let mut random = self.draws().second_generator(draw);
            systems.largest(|| random.next_u64())
        };
        (0..self.resamples).into_par_iter().map(turn).collect()
    }

    fn draws(self) -> Draws {
        Draws { count: self.resamples, seed: self.seed }
    }
}

/// The range of the measure: 1, or as wide as all values.
fn range(baseline: &[f64], chosen: &[f64], tried: &[Vec<f64>]) -> f64 {
    let values = || tried.iter().flatten().chain(baseline).chain(chosen).copied();
    values().fold(1.0, f64::max) - values().fold(0.0, f64::min)
}

/// The differences of the other systems that could have been believed, each once.
fn others(
    baseline: &[f64],
    tried: &[Vec<f64>],
    chosen: &[f64],
    confidence: f64,
) -> Result<Vec<Vec<f64>>, Error> {
    let mut others = Vec::new();
    for system in tried {
        let of_system = differences(baseline, system)?;
        // One that differs on fewer queries could not have been believed, whatever it reached.
        if count(&of_system) >= smallest_sample(confidence) && of_system != chosen {
            others.push(of_system);
        }
    }
    let by_value = |a: &Vec<f64>, b: &Vec<f64>| {
        a.iter()
            .zip(b)
            .map(|(a, b)| a.total_cmp(b))
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    };
    others.sort_unstable_by(by_value);
    others.dedup();
    Ok(others)
}

/// `observed − critical` and `observed + critical`; the low end is above 0 only where it is so by more than rounding.
fn ends(observed: f64, critical: f64, tolerance: f64) -> [f64; 2] {
    let above = observed - critical;
    [if above > tolerance { above } else { above.min(0.0) }, observed + critical]
}

fn count(differences: &[f64]) -> usize {
    differences.iter().filter(|&&x| x != 0.0).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(differences: &[f64], tried: &[Vec<f64>]) -> ChoiceEvidence {
        ChoiceTest::default().judge(&vec![0.0; differences.len()], differences, tried, 0.99).unwrap()
    }

    fn up(rising: usize, all: usize) -> Vec<f64> {
        (0..all).map(|i| if i < rising { 1.0 } else { 0.0 }).collect()
    }

    #[test]
    fn queries_that_do_not_change_add_nothing() {
        for (rising, all) in [(6, 100), (5, 20), (7, 7), (7, 1000)] {
            let found = judge(&up(rising, all), &[]);
            assert_eq!((found.p, found.interval), (0.5_f64.powi(rising as i32), None), "{rising} of {all}");
        }
        for all in [8, 20, 100] {
            let found = judge(&up(8, all), &[]);
            assert_eq!(found.p, 1.0 / 256.0);
            let [low, high] = found.interval.unwrap();
            let delta = 8.0 / all as f64;
            assert!(found.is_better() && low < delta && delta < high, "{found:?}");
        }
    }

    #[test]
    fn the_interval_reaches_as_far_as_the_largest_turned_sum_and_as_losses_that_were_missed() {
        // Eight gains of 1, none of which spreads: with one of them turned the sum is 6/8 of what it was. Losses of 1 that
        // eight queries miss with a probability of .005 leave a mean of .031.
        let [low, high] = judge(&up(8, 8), &[]).interval.unwrap();
        assert!(
            (low - (2.0 * 0.005_f64.powf(0.125) - 1.0)).abs() < 0.01 && (high - 1.75).abs() < 1e-9,
            "{low} {high}"
        );
        let [_, high] = judge(&[0.5; 8], &[]).interval.unwrap();
        assert!((high - 0.875).abs() < 1e-9, "{high}");
    }

    #[test]
    fn few_queries_do_not_show_what_others_could_lose() {
        // The table of the documentation, of one system: a gain of .2 needs 30 queries, of .1 it needs 56.
        for (gain, needed) in [(0.5, 14), (0.2, 30), (0.1, 56)] {
            let found = |count: usize| judge(&vec![gain; count], &[]);
            let fewer = found(needed - 2);
            assert!(!fewer.is_better() && fewer.p <= 0.005 && fewer.p_unseen_losses > 0.005, "{fewer:?}");
            assert!(found(needed + 1).is_better(), "{:?}", found(needed + 1));
        }
        // Of the best of 48, as many more as lose nothing 48 times as rarely.
        let others: Vec<Vec<f64>> = (1..48).map(|i| vec![0.1 / f64::from(i + 1); 60]).collect();
        let of_many = judge(&[0.1; 60], &others);
        assert_eq!(of_many.systems, 48);
        assert!(judge(&[0.1; 60], &[]).is_better() && !of_many.is_better() && of_many.p <= 0.005);
    }

    #[test]
    fn an_interval_that_starts_at_zero_does_not_say_better() {
        let of = |low| ChoiceEvidence { interval: Some([low, 1.0]), ..judge(&up(8, 8), &[]) };
        assert_eq!([-0.1, 0.0, 1e-9].map(|low| of(low).is_better()), [false, false, true]);
    }

    #[test]
    fn the_low_end_is_above_zero_only_by_more_than_rounding() {
        assert_eq!(ends(3.0, 1.0, 0.5), [2.0, 4.0]);
        assert_eq!(ends(1.0, 3.0, 0.5), [-2.0, 4.0]);
        assert_eq!(ends(3.25, 3.0, 0.5), [0.0, 6.25]);
        assert_eq!(ends(3.5, 3.0, 0.5), [0.0, 6.5]);
        assert_eq!(ends(3.0, 3.25, 0.5), [-0.25, 6.25]);
    }

    #[test]
    fn the_interval_never_contradicts_the_p_value() {
        let mut better = 0;
        for falling in 0..12 {
            let differences: Vec<f64> = (0..80).map(|i| if i < 2 * falling { -0.5 } else { 0.3 }).collect();
            let found = judge(&differences, &[]);
            let [low, high] = found.interval.unwrap();
            assert!(!found.is_better() || found.p <= 0.005, "{falling}: {found:?}");
            assert!(!found.is_better() || found.p_unseen_losses <= 0.005, "{falling}: {found:?}");
            assert!(falling > 0 || found.is_better(), "{found:?}");
            let delta = differences.iter().sum::<f64>() / 80.0;
            assert!(low < delta && delta < high);
            better += usize::from(found.is_better());
        }
        assert!((3..11).contains(&better), "{better}");
    }

    #[test]
    fn a_few_large_losses_beside_many_small_gains_are_no_evidence() {
        // The signs alone would pass it: 35 of 40 rise. What the five lose is half of what the others gain.
        let differences: Vec<f64> = (0..40).map(|i| if i < 5 { -0.35 } else { 0.1 }).collect();
        let found = judge(&differences, &[]);
        assert!(found.p > 0.005 && !found.is_better(), "{found:?}");
    }

    #[test]
    fn a_choice_is_paid_for_and_copies_are_not() {
        // 14 of 16 queries rise: p = 137 / 65 536 for one system.
        let signed =
            |signs: u32| (0..16).map(|i| if signs >> i & 1 == 1 { -1.0 } else { 1.0 }).collect::<Vec<f64>>();
        let chosen = signed(0b11);
        let alone = judge(&chosen, &[]);
        assert_eq!((alone.systems, alone.p), (1, 137.0 / 65_536.0));
        let copies = judge(&chosen, &vec![chosen.clone(); 40]);
        assert_eq!((copies.systems, copies.p), (1, alone.p));
        let several: Vec<Vec<f64>> =
            (0..40).map(|k| signed(0x5a3c_9e17_u32.rotate_left(k) & 0xffff)).collect();
        let paid = judge(&chosen, &several);
        assert!(paid.systems > 20 && paid.p > 10.0 * alone.p && !paid.is_better(), "{paid:?}");
        // One that differs on a few queries could not have been chosen for its evidence.
        let few: Vec<f64> = up(7, 16);
        assert_eq!(judge(&chosen, &[few]), alone);
    }

    #[test]
    fn systems_whose_values_were_dropped_are_paid_for_as_those_that_were_kept() {
        let gains = [0.1; 60];
        let of = |dropped| {
            ChoiceTest::default()
                .judge_with_dropped(&[0.0; 60], &gains, &[vec![0.05; 60]], dropped, 0.99)
                .unwrap()
        };
        let (none, some) = (of(0), of(46));
        assert_eq!((none.systems, some.systems), (2, 48));
        assert!((some.p_unseen_losses - 24.0 * none.p_unseen_losses).abs() < 1e-12, "{some:?}");
        assert_eq!(some.p, none.p, "turned signs know what was kept");
        assert!(of(0).p_unseen_losses > 0.005 && judge(&gains, &[]).is_better() && !some.is_better());
        let [of_none, of_some] = [none, some].map(|found| found.interval.unwrap()[0]);
        assert!(of_some < of_none, "{of_some} {of_none}");
        assert_eq!(of(usize::MAX).p_unseen_losses, 1.0);
    }

    #[test]
    fn losses_are_as_large_as_the_values_are_wide() {
        assert_eq!(range(&[0.25], &[0.5], &[]), 1.0);
        assert_eq!(range(&[0.25], &[-0.5], &[vec![3.0], vec![0.0]]), 3.5);
    }

    #[test]
    fn evidence_of_earlier_versions_allows_for_no_unseen_loss() {
        let json = r#"{"differing": 9, "systems": 1, "p": 0.002, "interval": [0.1, 0.3]}"#;
        let evidence: ChoiceEvidence = serde_json::from_str(json).unwrap();
        assert_eq!(evidence.p_unseen_losses, 1.0);
    }

    #[test]
    fn bad_input_is_refused() {
        let test = ChoiceTest::default();
        assert!(matches!(test.judge(&[], &[], &[], 0.99), Err(Error::Empty { .. })));
        assert!(matches!(test.judge(&[0.0], &[0.0, 1.0], &[], 0.99), Err(Error::LengthMismatch { .. })));
        let found = test.judge(&[0.0], &[1.0], &[vec![0.0, 1.0]], 0.99);
        assert!(matches!(found, Err(Error::LengthMismatch { .. })));
        let found = test.judge(&[0.0], &[1.0], &[], 1.0);
        assert!(matches!(found, Err(Error::InvalidParameter { .. })));
        let few = ChoiceTest { resamples: 198, seed: 0 };
        assert!(matches!(few.judge(&[0.0], &[1.0], &[], 0.99), Err(Error::InvalidParameter { .. })));
    }
}
