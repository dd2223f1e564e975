//! Columns that lie interleaved in panels.

use crate::{block::Block, columns::Columns, line::TILE, parts::Parts, rows::Rows, tiles::Tiles};

/// Columns that are given in panels and rounded to bfloat16, with their norms: what bounds on the error of
/// [`Parts::Single`] need. The memory is used again for other panels.
///
/// A panel has `lanes` columns: for each input the numbers of the first column, of the second and so on.
///
/// ```
/// use ess_tiles::{Matrix, PanelColumns, Parts, Tiles};
///
/// let Some(tiles) = Tiles::detect() else { return };
/// // One panel of 16 columns with two inputs.
/// let panel: Vec<f32> = (0..16).map(|i| i as f32).chain([1.0; 16]).collect();
/// let mut columns = PanelColumns::new(tiles, 2, 16);
/// columns.fill(&panel);
/// assert!(columns.norms()[0] >= 1.0 && columns.norms()[0] < 1.002);
/// let rows = tiles.rows(Matrix::dense(&[2.0, 0.5], 2), Parts::Single);
/// columns.multiply(&rows, |block| assert_eq!(block.sums[0][3], 6.5));
/// ```
#[derive(Clone, Debug)]
pub struct PanelColumns {
    tiles: Tiles,
    columns: Columns,
    norms: Vec<f32>,
    lanes: usize,
}

impl PanelColumns {
    /// Room for panels of `lanes` columns.
    ///
    /// # Panics
    /// When there are no inputs, or the lanes are no multiple of 16.
    pub fn new(tiles: Tiles, inputs: usize, lanes: usize) -> Self {
        assert!(inputs > 0 && lanes > 0 && lanes.is_multiple_of(TILE), "panels of {lanes} columns");
        Self { tiles, columns: Columns::zeros([0, inputs], Parts::Single), norms: Vec::new(), lanes }
    }

    /// Takes the columns of other panels.
    ///
    /// # Panics
    /// When the last panel is cut short.
    pub fn fill(&mut self, panels: &[f32]) {
        let of_panel = self.columns.inputs() * self.lanes;
        assert!(panels.len().is_multiple_of(of_panel), "whole panels");
        let outputs = panels.len() / of_panel * self.lanes;
        if outputs != self.columns.outputs() {
            self.columns = Columns::zeros([outputs, self.columns.inputs()], Parts::Single);
            self.norms = vec![0.0; outputs];
        }
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        crate::amx::panels::lay_out(self.tiles, panels, self.lanes, &mut self.columns, &mut self.norms);
        #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
        match self.tiles.none {}
    }

    /// For each column its norm or a little more: .1 %, and 1.2e-7 for each input. Of one whose squares are too small for `f32` it is at least 1e-15, and of one
    /// whose squares are too large it is infinite or no number.
    pub fn norms(&self) -> &[f32] {
        &self.norms
    }

    /// Gives `finish` the products of rows with the columns, as [`Rows::multiply`] does.
    ///
    /// # Panics
    /// When the rows are in other parts or have another length.
    pub fn multiply(&self, rows: &Rows, finish: impl FnMut(Block<'_>)) {
        rows.multiply(&self.columns, finish);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matrix::Matrix;

    proptest! {
        #[test]
        fn panels_are_laid_out_as_columns_are(inputs in 1_usize..70, panels in 0_usize..5, wide: bool, seed in 0_u32..99) {
            let Some(tiles) = Tiles::detect() else { return Ok(()) };
            let lanes = if wide { 48 } else { 16 };
            let number = |i: usize| ((i as u32).wrapping_mul(2_654_435_761) ^ seed) as f32 / 1e9 - 2.0;
            let mut columns = PanelColumns::new(tiles, inputs, lanes);
            // Twice, so that what was there before does not show.
            for from in [0, 100_000] {
                let values = Vec::from_iter((from..from + panels * inputs * lanes).map(number));
                columns.fill(&values);
                let column = |output: usize| (0..inputs).map(move |input| output / lanes * inputs * lanes + input * lanes + output % lanes);
                let rows = Vec::from_iter((0..panels * lanes).flat_map(column).map(|at| values[at]));
                let expected = Columns::new(Matrix::new(&rows, [panels * lanes, inputs], inputs), Parts::Single);
                prop_assert_eq!(columns.columns.to_rows(), expected.to_rows());
                for (norm, row) in columns.norms().iter().zip(rows.chunks_exact(inputs)) {
                    let exact = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
                    prop_assert!(f64::from(*norm) >= exact && f64::from(*norm) <= 1.002 * exact + 1e-14);
                }
            }
        }
    }

    #[test]
    fn norms_at_the_ends_of_f32_stay_bounds() {
        let Some(tiles) = Tiles::detect() else { return };
        let mut columns = PanelColumns::new(tiles, 2, 16);
        let mut panel = [0.0; 32];
        panel[..3].copy_from_slice(&[1e-25, 1e25, f32::NAN]);
        columns.fill(&panel);
        let norms = columns.norms();
        assert!(norms[0] >= 1e-15 && norms[3] >= 1e-15 && norms[1] == f32::INFINITY && norms[2].is_nan());
    }
}
