//! Adding items to a graph, and removing them.

use std::ops::Range;

use ess_core::{Embeddings, Error, Index, MutableIndex};

use super::{
    builder::check_rows, connect::connect, drawing::Drawing, index::GraphIndex, points::Points, space::Space,
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

/// Reachability is restored when at least one row in so many is new, because the check visits every row.
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
    use ess_core::{Embeddings, Index, MutableIndex};

    use super::{GraphIndex, SHARE_TO_CONNECT};
    use crate::{exact::index::FlatIndex, graph::builder::GraphBuilder, progress::Progress};

    /// Items in many directions.
    fn items(n: usize, dim: usize) -> Embeddings {
        Embeddings::from_vec((0..n * dim).map(|i| (i as f32 * 1.7).sin()).collect(), dim).unwrap()
    }

    fn small(items: Embeddings) -> GraphIndex {
        let builder = GraphBuilder { degree: 4, ..GraphBuilder::default() };
        builder.build(items, Progress::Silent).unwrap()
    }

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

    #[test]
    fn more_items_than_there_are_may_be_added() {
        let all = items(12, 3);
        let mut index = small(all.select(&[0, 1]).unwrap());
        assert_eq!(index.add(&all.select(&(2..12).collect::<Vec<_>>()).unwrap()).unwrap(), 2..12);
        let found = index.search(&all, 1).unwrap();
        let exact = FlatIndex::new(all.clone()).unwrap().search(&all, 1).unwrap();
        assert!(found.iter().zip(&exact).all(|(found, exact)| found[0].item == exact[0].item));
    }

    #[test]
    fn walks_compare_components_once_int8_cannot_tell_added_items_apart() {
        let mut index = small(items(20, 8));
        assert!(!index.survey.exactly);
        // All within a thousandth of one item.
        let nearly: Vec<f32> = (0..1100 * 8).map(|i| 1.0 + 1e-3 * (i as f32 * 1.7).sin()).collect();
        index.add(&Embeddings::from_vec(nearly, 8).unwrap()).unwrap();
        assert!(index.survey.exactly);
    }

    #[test]
    fn what_nothing_leads_to_is_looked_for_where_many_rows_are_new() {
        let found = |rows: usize| {
            let mut index = small(items(rows - 1, 3));
            let starts = index.starts.rows().to_vec();
            let lost = (0..index.rows() as u32).find(|row| !starts.contains(row)).unwrap();
            for row in 0..index.rows() as u32 {
                let neighbours: Vec<u32> = index.links.of(row).filter(|&other| other != lost).collect();
                index.links.set(row, &neighbours);
            }
            index.add(&items(rows, 3).select(&[rows - 1]).unwrap()).unwrap();
            let led_to = (0..index.rows() as u32).any(|row| index.links.of(row).any(|other| other == lost));
            led_to || index.starts.rows().contains(&lost)
        };
        assert_eq!([SHARE_TO_CONNECT, SHARE_TO_CONNECT + 1].map(found), [true, false]);
    }
}
