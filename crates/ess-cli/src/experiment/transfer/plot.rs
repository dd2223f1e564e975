//! What transfer gains, against how alike two tasks are, as a plot.

use std::path::Path;

use anyhow::Result;

use crate::output::plot::{Axis, Plot, Series};

use super::rows::{Rows, WHOLE};

/// Writes the plot: a point for each source and target.
pub(super) fn write(rows: &Rows, path: &Path) -> Result<()> {
    let x = Axis::linear("cosine of the directions from queries to relevant items");
    let y = Axis::linear("gain in nDCG@10 over the frozen encoder");
    let mut points = Vec::new();
    let mut intervals = Vec::new();
    for &(source, target, alike, gain) in &rows.observed {
        let row = rows.of_way(WHOLE).find(|row| (row.source, row.target) == (Some(source), target));
        points.push((alike, gain));
        intervals.push(row.and_then(|row| row.compared.interval).unwrap_or([gain; 2]));
    }
    let ends = |of: fn(f64, f64) -> f64| points.iter().map(|point| point.0).reduce(of).unwrap_or(0.0);
    let zero = [(ends(f64::min), 0.0), (ends(f64::max), 0.0)];
    Plot::new("A module of one task on another", x, y)
        .with(Series::guide("the frozen encoder", zero))
        .with(Series::points("a source and a target", points).with_intervals(intervals))
        .write_svg(path)
}
