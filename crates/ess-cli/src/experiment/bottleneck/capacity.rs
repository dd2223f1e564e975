//! What some query could find among frozen items, whatever the searching module.

use anyhow::Result;
use ess_core::Embeddings;
use ess_diagnostics::TopSets;
use ess_kit::JudgedQueries;
use ess_linalg::{Moments, PrincipalComponents};
use serde::{Deserialize, Serialize};

use crate::data::split_data_set::Opened;

/// Numbers of principal directions that are tried, beside all dimensions.
const DIRECTIONS: [usize; 4] = [16, 32, 64, 128];

/// How many test queries could be answered in full: a vector of the space ranks all relevant items before all others. For the others
/// no searching module does so, since the items stay as they are.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Capacity {
    /// From few directions to all.
    pub(super) widths: Vec<Width>,
}

/// Items by some of their principal directions, or whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Width {
    /// The number of directions.
    pub(super) directions: usize,
    /// Test queries with a relevant item.
    pub(super) queries: usize,
    /// Those whose relevant items some vector ranks first.
    pub(super) possible: usize,
    /// Those for which there is none.
    pub(super) impossible: usize,
}

impl Capacity {
    pub(super) fn measure(data: &Opened) -> Result<Self> {
        Self::of(data.dataset.items(), &relevant(&data.test))
    }

    /// Of items and the sets that are to be first.
    fn of(items: &Embeddings, sets: &[Vec<usize>]) -> Result<Self> {
        let components = PrincipalComponents::new(&Moments::of(items))?;
        let mut widths = Vec::new();
        for directions in DIRECTIONS.into_iter().filter(|&directions| directions < items.dim()) {
            let axes = components.axes(directions)?.mapv(|x| x as f32);
            widths.push(Width::of(&Embeddings::new(items.view().dot(&axes))?, sets)?);
        }
        widths.push(Width::of(items, sets)?);
        Ok(Self { widths })
    }
}

impl Width {
    fn of(items: &Embeddings, sets: &[Vec<usize>]) -> Result<Self> {
        let found = TopSets::default().judge(items, sets)?;
        let (possible, impossible) = (found.realised, found.impossible);
        Ok(Self { directions: items.dim(), queries: sets.len(), possible, impossible })
    }

    /// The share of the queries, in percent; the least and the most where some were not decided.
    pub(super) fn text(&self) -> String {
        let percent = |count: usize| format!("{:.1} %", 100.0 * count as f64 / self.queries as f64);
        let (least, most) = (percent(self.possible), percent(self.queries - self.impossible));
        if self.possible + self.impossible == self.queries { least } else { format!("{least} to {most}") }
    }
}

/// The relevant items of each test query that has some, but for a query to which all items are relevant.
fn relevant(test: &JudgedQueries) -> Vec<Vec<usize>> {
    let of_query = |judged: &Vec<ess_train::Judgement>| {
        judged.iter().filter(|judged| judged.grade > 0).map(|judged| judged.item).collect::<Vec<_>>()
    };
    test.set.judgements().iter().map(of_query).filter(|items| !items.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forty items on a circle, one in its middle, in 20 dimensions of which two are used, and a third by the last item alone.
    fn circle() -> Embeddings {
        let on_circle = |at: usize| (at as f32 * std::f32::consts::TAU / 40.0).sin_cos();
        let row = |at: usize| {
            let mut row = [0.0; 20];
            (row[0], row[1]) = if at < 40 { on_circle(at) } else { (0.0, 0.0) };
            row[2] = if at == 39 { 0.01 } else { 0.0 };
            row
        };
        Embeddings::from_rows(&(0..41).map(row).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn neighbours_can_be_first_and_opposites_and_the_middle_cannot() {
        let found = Capacity::of(&circle(), &[vec![3, 4], vec![3, 23], vec![40], vec![39]]).unwrap();
        let width = |directions| Width { directions, queries: 4, possible: 2, impossible: 2 };
        assert_eq!(found.widths, [width(16), width(20)]);
        assert_eq!(found.widths[0].text(), "50.0 %");
        let undecided = Width { possible: 1, ..width(16) };
        assert_eq!(undecided.text(), "25.0 % to 50.0 %");
    }
}
