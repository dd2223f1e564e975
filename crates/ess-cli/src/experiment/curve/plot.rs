//! Quality against the number of training queries, as a plot.

use std::path::Path;

use anyhow::Result;

use crate::{
    experiment::{kept::Kept, over_seeds::mean},
    output::plot::{Axis, Plot, Series},
};

use super::{
    learned::Point,
    results::{Frozen, Results},
};

/// The name of the file of a data set's plot.
pub(super) fn name(data: &str) -> String {
    format!("curve_{}.svg", data.to_lowercase().replace([' ', '-'], "_"))
}

/// Writes the plot of a data set: a line for all that learned, with the interval of its difference to the frozen encoder.
pub(super) fn write(results: &Results, of: &Kept<Frozen>, path: &Path) -> Result<()> {
    let title = format!("Learning curves on {}", of.name());
    let mut plot = Plot::new(&title, Axis::log("training queries"), Axis::linear("nDCG@10"));
    let frozen = mean(&of.found.frozen);
    let mut ends = Vec::new();
    for system in results.systems(of) {
        let points = Point::of_all(&results.runs(of, system, false), &[], &of.found.frozen)?;
        let positions = points.iter().map(|point| (point.queries as f64, point.trained.mean));
        let bar = |point: &Point| {
            let none = [point.trained.mean; 2];
            point.trained.interval.map_or(none, |interval| interval.map(|end| frozen + end))
        };
        plot = plot.with(Series::line(system, positions).with_intervals(points.iter().map(bar)));
        ends.extend(points.iter().map(|point| point.queries as f64));
    }
    let line = [f64::min, f64::max].map(|end| ends.iter().copied().reduce(end).unwrap_or(1.0));
    plot.with(Series::guide("frozen encoder", line.map(|x| (x, frozen)))).write_svg(path)
}
