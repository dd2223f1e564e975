//! A run with its looks at dev, of which the best leaves its vectors.

use std::cell::RefCell;

use super::{
    looks::{DevVectors, Looker},
    run::Run,
};
use crate::{
    error::Error,
    training::{
        state::{State, mean},
        steps::Trains,
    },
};

/// A run with its looks at dev.
pub(super) struct LookedRun<'a> {
    run: &'a Run<'a>,
    looker: Looker<'a>,
    best: RefCell<Option<BestLook>>,
}

/// What the best look of this process encoded.
struct BestLook {
    step: usize,
    value: f64,
    vectors: DevVectors,
}

impl Trains for LookedRun<'_> {
    fn step(&self, state: &mut State, step: usize) -> Result<f64, Error> {
        self.run.step(state, step)
    }

    fn look(&self, towers: &[Vec<f32>], step: usize) -> Result<Vec<f64>, Error> {
        let vectors = self.looker.vectors(towers)?;
        let values = self.looker.measure(&vectors)?;
        self.keep(BestLook { step, value: mean(&values), vectors });
        Ok(values)
    }
}

impl<'a> LookedRun<'a> {
    pub(super) fn new(run: &'a Run<'a>, looker: Looker<'a>) -> Self {
        Self { run, looker, best: RefCell::default() }
    }

    /// What is trained.
    pub(super) fn run(&self) -> &Run<'a> {
        self.run
    }

    /// How many items looks rank.
    pub(super) fn looked_at_items(&self) -> usize {
        self.looker.items()
    }

    /// The measure of each dev query among all items with the towers that were best. What their look encoded is not encoded
    /// again, unless the run went on from a checkpoint after it.
    pub(super) fn best_among(&self, all: &Looker<'_>, state: &State) -> Result<Vec<f64>, Error> {
        if let Some(values) = state.best_look().filter(|_| self.looker.ranks_all()) {
            return Ok(values.to_vec());
        }
        let (step, towers) = match &state.best {
            Some(best) => (best.step, &best.towers),
            None => (state.points.len(), &state.towers),
        };
        let vectors = match self.best.take().filter(|best| best.step == step) {
            Some(best) => all.completed(&self.looker, best.vectors, towers)?,
            None => all.vectors(towers)?,
        };
        all.measure(&vectors)
    }

    /// Keeps the vectors of a look that is better than all before it, as [`State::looked`] keeps its towers. Those of a look at
    /// all items are not needed: its values are kept.
    fn keep(&self, look: BestLook) {
        let mut best = self.best.borrow_mut();
        if !self.looker.ranks_all() && best.as_ref().is_none_or(|best| look.value > best.value) {
            *best = Some(look);
        }
    }
}
