//! How few directions hold how much of the variance, as a plot.

use std::path::Path;

use anyhow::Result;

use crate::{
    experiment::kept::Kept,
    output::plot::{Axis, Plot, Series},
};

use super::geometry::Geometry;

/// Writes the plot: a line for the items of each data set and one for its queries.
pub(super) fn write(geometry: &[Kept<Geometry>], path: &Path) -> Result<()> {
    let x = Axis::log("principal components");
    let y = Axis::linear("share of the variance that they hold").over(0.0, 1.0);
    let mut plot = Plot::new("Where the variance of frozen encodings lies", x, y);
    for kept in geometry {
        for (what, side) in [("items", &kept.found.items), ("test queries", &kept.found.queries)] {
            let points = side.held.iter().enumerate().map(|(at, &held)| ((at + 1) as f64, held.min(1.0)));
            // A mark at each component would hide the line.
            let last = side.held.len();
            let shown = points.filter(|&(count, _)| is_shown(count as usize, last));
            plot = plot.with(Series::line(&format!("{}, {what}", kept.name()), shown));
        }
    }
    plot.write_svg(path)
}

/// The first ten, then about eight for each doubling, and the last.
fn is_shown(count: usize, last: usize) -> bool {
    let step = (count / 10).max(1).next_power_of_two();
    count.is_multiple_of(step) || count == last
}
