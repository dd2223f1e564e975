//! How the learning rate falls.

use serde::{Deserialize, Serialize};

/// How the learning rate changes after warm-up, over the maximum number of steps of a run.
///
/// The last step is always taken at a rate above 0. Early stopping ends most runs before the rate is low. A larger `patience`
/// lets a run complete the schedule.
///
/// ```
/// use ess_train::Schedule;
///
/// let at = |schedule: Schedule, step| schedule.factor(step, 10, 2);
/// assert_eq!(at(Schedule::Constant, 10), 1.0);
/// // Steps 3 to 10 are eight: the first at the full rate, the last at an eighth of it.
/// assert_eq!((at(Schedule::Linear, 3), at(Schedule::Linear, 10)), (1.0, 0.125));
/// assert_eq!((at(Schedule::Cosine, 3), at(Schedule::Cosine, 7)), (1.0, 0.5));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Schedule {
    /// It is constant.
    #[default]
    Constant,
    /// It falls linearly, to 0 after the last step.
    Linear,
    /// It falls as half a cosine wave, to 0 after the last step (Loshchilov and Hutter 2017, without restarts).
    Cosine,
}

impl Schedule {
    /// What the rate is multiplied by at `step` (from 1) of at most `steps`, of which the first `warmup` are for warming up:
    /// from 1 down to above 0. It is 1 in the steps of warm-up, whose rise comes on top.
    pub fn factor(self, step: usize, steps: usize, warmup: usize) -> f64 {
        let falling = steps.saturating_sub(warmup).max(1) as f64;
        let gone = (step.saturating_sub(warmup + 1) as f64 / falling).min(1.0);
        match self {
            Self::Constant => 1.0,
            Self::Linear => 1.0 - gone,
            Self::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * gone).cos()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_schedule_starts_at_1_falls_and_stays_above_0(steps in 1_usize..60, warmup in 0_usize..70) {
            for schedule in [Schedule::Constant, Schedule::Linear, Schedule::Cosine] {
                let factors: Vec<f64> = (1..=steps).map(|step| schedule.factor(step, steps, warmup)).collect();
                prop_assert!(factors[..steps.min(warmup + 1)].iter().all(|&factor| factor == 1.0));
                prop_assert!(factors.windows(2).all(|pair| pair[1] <= pair[0]));
                prop_assert!(factors.iter().all(|&factor| factor > 0.0));
                let last = factors[steps - 1];
                prop_assert_eq!(schedule == Schedule::Constant || steps <= warmup + 1, last == 1.0);
            }
        }
    }
}
