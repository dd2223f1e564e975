//! How many directions a bridge needs, as a plot.

use std::path::Path;

use anyhow::Result;

use crate::output::plot::{Axis, Plot, Series};

use super::rows::Rows;

/// Writes the plot: two lines for each data set and direction.
pub(super) fn write(rows: &Rows, path: &Path) -> Result<()> {
    let x = Axis::log("directions");
    let y = Axis::linear("nDCG@10");
    let mut plot = Plot::new("Directions that a bridge between two spaces needs", x, y);
    for block in &rows.blocks {
        let name = format!("{} {}", block.name, block.direction.name());
        for (way, curve) in [("alignment", &block.by_directions), ("f_search", &block.by_rank)] {
            let points = curve.iter().map(|&(count, reached)| (count as f64, reached));
            plot = plot.with(Series::line(&format!("{name}: {way}"), points));
        }
    }
    plot.write_svg(path)
}
