//! What a checkpoint says of the steps that were taken.

use ess_train::CurvePoint;
use serde::{Deserialize, Serialize};

use super::{
    course::Course,
    state::{State, mean},
};

/// What a file has beside numbers.
#[derive(Serialize, Deserialize)]
pub(crate) struct Progressed {
    /// Settings, encoder and texts.
    pub(crate) identity: [String; 3],
    points: Vec<Point>,
    looks: Vec<Vec<u64>>,
    /// The best step and its value.
    pub(crate) best: Option<(usize, u64)>,
    tokens: u64,
    seconds: f64,
}

/// A step with its numbers as bits.
#[derive(Serialize, Deserialize)]
struct Point(u64, Option<u64>);

impl Progressed {
    pub(crate) fn of(state: &State, identity: [String; 3]) -> Self {
        let bits = |values: &Vec<f64>| values.iter().map(|value| value.to_bits()).collect();
        Self {
            identity,
            points: state.points.iter().map(|p| Point(p.loss.to_bits(), p.dev.map(f64::to_bits))).collect(),
            looks: state.looks.iter().map(bits).collect(),
            best: state.best.as_ref().map(|best| (best.step, best.value.to_bits())),
            tokens: state.tokens,
            seconds: state.seconds,
        }
    }

    /// Refuses what no run of this course comes to: a checksum finds damage, and no forgery.
    pub(crate) fn check(&self, course: &Course) -> Result<(), String> {
        let steps = self.points.len();
        if steps > course.max_steps {
            return Err(format!("expected at most {} steps, found {steps}", course.max_steps));
        }
        for (step, point) in (1..).zip(&self.points) {
            let loss = f64::from_bits(point.0);
            if !loss.is_finite() {
                return Err(format!("expected a finite loss of step {step}, found {loss}"));
            }
            if point.1.is_some() != course.looks_after(step) {
                let [expected, found] = if point.1.is_some() { ["no", "one"] } else { ["a", "none"] };
                return Err(format!("expected {expected} look at dev after step {step}, found {found}"));
            }
        }
        if !(0.0..f64::INFINITY).contains(&self.seconds) {
            return Err(format!("expected seconds that have passed, found {}", self.seconds));
        }
        self.check_looks(course.dev_queries)
    }

    /// What was found at each look belongs to its step, and the best to all of them.
    fn check_looks(&self, dev_queries: usize) -> Result<(), String> {
        let seen: Vec<(usize, f64)> = (1..)
            .zip(&self.points)
            .filter_map(|(step, point)| Some((step, f64::from_bits(point.1?))))
            .collect();
        if self.looks.len() != seen.len() {
            return Err(format!("expected {} looks at dev, found {}", seen.len(), self.looks.len()));
        }
        let mut best: Option<(usize, f64)> = None;
        for (&(step, value), look) in seen.iter().zip(&self.looks) {
            check_look(&numbers(look), value, dev_queries)
                .map_err(|reason| format!("the look after step {step}: {reason}"))?;
            if best.is_none_or(|(_, top)| value > top) {
                best = Some((step, value));
            }
        }
        let found = self.best.map(|(step, value)| (step, f64::from_bits(value)));
        match best == found {
            true => Ok(()),
            false => Err(format!("expected the best of its looks, {best:?}, found {found:?}")),
        }
    }

    /// Gives a state all of this but the numbers of its towers.
    pub(crate) fn fill(self, state: &mut State) {
        let point = |(Point(loss, dev), step): (Point, usize)| CurvePoint {
            step,
            loss: f64::from_bits(loss),
            dev: dev.map(f64::from_bits),
        };
        state.points = self.points.into_iter().zip(1..).map(point).collect();
        state.looks = self.looks.iter().map(|look| numbers(look)).collect();
        (state.tokens, state.seconds) = (self.tokens, self.seconds);
    }
}

/// A look has a finite value of each query, and their mean is what its step says.
fn check_look(values: &[f64], said: f64, dev_queries: usize) -> Result<(), String> {
    if values.len() != dev_queries {
        return Err(format!("expected {dev_queries} dev queries, found {}", values.len()));
    }
    let mean = mean(values);
    match mean.is_finite() && mean == said {
        true => Ok(()),
        false => Err(format!("expected {said}, and found {mean} as the mean of its queries")),
    }
}

fn numbers(bits: &[u64]) -> Vec<f64> {
    bits.iter().copied().map(f64::from_bits).collect()
}
