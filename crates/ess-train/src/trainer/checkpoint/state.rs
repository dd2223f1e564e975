//! What a checkpoint says of a run, beside its numbers.

use serde::{Deserialize, Serialize};

use super::identity::RunIdentity;
use crate::{
    data::dev_set::mean,
    trainer::{
        best::{Best, Measured},
        curve::CurvePoint,
        negatives::report::MiningReport,
    },
};

/// Numbers of which every bit matters are written as their bits: text may round them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub(super) identity: RunIdentity,
    /// Whether there is nothing left to do.
    pub(super) ended: bool,
    pub(super) seconds: f64,
    pub(super) points: Vec<Point>,
    /// What each measurement on the way found, dev query by dev query: files of earlier versions have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) looks: Vec<Vec<u64>>,
    /// What was found where an observer ended the run, which is no part of the curve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) looks_at_ends: Vec<Vec<u64>>,
    pub(super) mining: Vec<MiningReport>,
    pub(super) mined: Vec<Vec<usize>>,
    /// Of the module's parameters.
    pub(super) ids: Vec<u64>,
    pub(super) shapes: Vec<Vec<usize>>,
    /// How often each of the module's noises was drawn from.
    pub(super) draws: Vec<u64>,
    pub(super) best: Option<BestState>,
    /// The bytes of the optimiser's state.
    pub(super) optimizer: usize,
    /// The bytes of the optimiser's state at each snapshot of `best`, where another run goes on from what is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) kept_optimizers: Vec<usize>,
}

impl State {
    /// What each measurement of dev found, for as many dev queries; or why that is not to be had.
    pub(super) fn looks(&self, dev_queries: usize) -> Result<Vec<Vec<f64>>, &'static str> {
        let measured: Vec<u64> = self.points.iter().filter_map(|point| point.dev).collect();
        if self.looks.is_empty() && !measured.is_empty() {
            return Err(
                "it is of an earlier version, which did not keep what each measurement of dev found, and the \
                 baseline guard needs that; remove it to train anew",
            );
        }
        let looks = values_of(&self.looks);
        let fits = |look: &Vec<f64>, &dev: &u64| look.len() == dev_queries && mean(look).to_bits() == dev;
        let fits =
            looks.len() == measured.len() && looks.iter().zip(&measured).all(|(look, dev)| fits(look, dev));
        if fits { Ok(looks) } else { Err("what it found on dev queries does not fit its curve") }
    }

    /// What was found of as many dev queries where an observer ended the run.
    pub(super) fn looks_at_ends(&self, dev_queries: usize) -> Result<Vec<Vec<f64>>, &'static str> {
        let looks = values_of(&self.looks_at_ends);
        let fits = |look: &Vec<f64>| look.len() == dev_queries && look.iter().all(|value| value.is_finite());
        if looks.iter().all(fits) {
            Ok(looks)
        } else {
            Err("what it found at its end does not fit the dev queries")
        }
    }
}

fn values_of(looks: &[Vec<u64>]) -> Vec<Vec<f64>> {
    looks.iter().map(|look| look.iter().copied().map(f64::from_bits).collect()).collect()
}

/// The bits of what each measurement found.
pub(super) fn bits_of(looks: &[Vec<f64>]) -> Vec<Vec<u64>> {
    looks.iter().map(|look| look.iter().copied().map(f64::to_bits).collect()).collect()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Point {
    loss: u64,
    dev: Option<u64>,
}

impl Point {
    pub(super) fn of(point: &CurvePoint) -> Self {
        Self { loss: point.loss.to_bits(), dev: point.dev.map(f64::to_bits) }
    }

    pub(super) fn at(&self, step: usize) -> CurvePoint {
        CurvePoint { step, loss: f64::from_bits(self.loss), dev: self.dev.map(f64::from_bits) }
    }
}

/// A [`Best`] without its snapshots.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BestState {
    last: MeasuredState,
    before_last: Option<u64>,
    best: Option<(u64, MeasuredState)>,
    stale: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasuredState {
    step: usize,
    value: u64,
    draws: Vec<u64>,
}

impl BestState {
    /// `draws` says how often the noises of a snapshot were drawn from.
    pub(super) fn of<T>(best: &Best<T>, draws: impl Fn(&T) -> Vec<u64>) -> Self {
        let measured = |measured: &Measured<T>| MeasuredState {
            step: measured.step,
            value: measured.value.to_bits(),
            draws: draws(&measured.snapshot),
        };
        Self {
            last: measured(&best.last),
            before_last: best.before_last.map(f64::to_bits),
            best: best.best.as_ref().map(|(smoothed, kept)| (smoothed.to_bits(), measured(kept))),
            stale: best.stale,
        }
    }

    /// How many snapshots go with it: the last and, where there is one, the best.
    pub(super) fn snapshots(&self) -> usize {
        1 + usize::from(self.best.is_some())
    }

    /// With its snapshots, each made of its number among them and its noises' draws.
    pub(super) fn with<T>(&self, mut snapshot: impl FnMut(usize, &[u64]) -> T) -> Best<T> {
        let mut measured = |at: usize, state: &MeasuredState| Measured {
            step: state.step,
            value: f64::from_bits(state.value),
            snapshot: snapshot(at, &state.draws),
        };
        let last = measured(0, &self.last);
        let best = self.best.as_ref().map(|(smoothed, kept)| (f64::from_bits(*smoothed), measured(1, kept)));
        Best { last, before_last: self.before_last.map(f64::from_bits), best, stale: self.stale }
    }
}
