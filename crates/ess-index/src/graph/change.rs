//! Adding items to a graph, and removing them.

use std::ops::Range;

use ess_core::{Embeddings, Error, Index, MutableIndex};

use super::{
    builder::check_rows, connect::connect, index::GraphIndex, insert::Drawing, points::Points, space::Space,
};
use crate::progress::Progress;

impl MutableIndex for GraphIndex {
    fn add(&mut self, items: &Embeddings) -> Result<Range<usize>, Error> {
        Error::check_dim("items added to the index", self.dim(), items.dim())?;
        let first = self.rows();
        check_rows(first + items.len())?;
        self.rows.push(items.as_slice());
        self.codes.push(items.as_slice(), items.dim());
        let rows: Vec<u32> = (first..first + items.len()).map(|row| row as u32).collect();
        let trial = self.survey_is_due().then(|| self.builder.trial(&self.rows, &self.codes)).flatten();
        if let Some(trial) = &trial {
            self.survey.exactly |= !trial.int8_suffices(&self.rows, &self.codes);
        }
        self.draw(&rows, first);
        self.live.add(items.len());
        self.finish_survey(trial.as_ref());
        Ok(first..self.rows())
    }

    fn remove(&mut self, rows: &[usize]) -> Result<(), Error> {
        self.check_remove(rows)?;
        self.live.remove(rows);
        Ok(())
    }

    /// Builds the graph again from the items that are left. It takes as long as building.
    fn compact(&mut self) -> Result<Vec<Option<usize>>, Error> {
        let Some(compacted) = self.live.compacted() else { return Ok(self.live.unchanged()) };
        let items = Embeddings::from_vec(self.rows.selected(&self.live.kept()), self.dim())?;
        *self = self.builder.build(items, Progress::Silent)?;
        Ok(compacted)
    }
}

/// Reachability of every row is restored when at least one row in this number is new: checking it takes time for every row.
const SHARE_TO_CONNECT: usize = 40;

impl GraphIndex {
    /// Links new rows, `first` of which are linked already.
    fn draw(&mut self, new: &[u32], first: usize) {
        let points = Points::new(&self.rows, &self.codes, self.survey.exactly);
        // An index from a file has none until it changes.
        let known = (self.survey.rows > 0).then_some(self.survey.norms_differ);
        let space = self.space.take().filter(|space| space.is_of(&points));
        let mut space = space.unwrap_or_else(|| Space::new(&points, Some(self.radius), known));
        space.extend(&points);
        self.survey.norms_differ = space.norms_differ;
        self.starts.extend(&points, &space, new);
        let drawing = Drawing { points, space: &space, builder: &self.builder, starts: self.starts.rows() };
        drawing.insert(&mut self.links, new, first, |_| {});
        if new.len().saturating_mul(SHARE_TO_CONNECT) >= self.rows.len() {
            let apart = connect(&mut self.links, self.starts.rows());
            self.starts.add(&apart);
        }
        self.space = Some(space);
    }

    /// Whether there are twice as many rows as when defaults were last chosen.
    fn survey_is_due(&self) -> bool {
        self.rows.len() / 2 >= self.survey.rows
    }
}

#[cfg(test)]
mod tests {
    use crate::{graph::builder::GraphBuilder, progress::Progress};
    use ess_core::Embeddings;

    #[test]
    fn defaults_are_chosen_again_at_twice_the_rows() {
        let items = Embeddings::from_vec((0..80).map(|i| (i as f32 * 0.7).sin()).collect(), 2).unwrap();
        let mut index = GraphBuilder::default().build(items, Progress::Silent).unwrap();
        let due = [0, 20, 21, 40].map(|rows| {
            index.survey.rows = rows;
            index.survey_is_due()
        });
        assert_eq!(due, [true, true, false, false]);
    }
}
