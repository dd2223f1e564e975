//! Quality against the cost of training, as a plot.

use std::path::Path;

use anyhow::Result;

use crate::output::plot::{Axis, Plot, Series};

use super::row::Rows;

/// The name of the file of a data set's plot.
pub(super) fn name(data: &str) -> String {
    format!("recover_{}.svg", data.to_lowercase().replace([' ', '-'], "_"))
}

/// Writes the plot: a point for each system whose cost is known, with the interval of its difference to the frozen encoder.
pub(super) fn write(set: &Rows<'_>, path: &Path) -> Result<()> {
    let title = format!("What training buys on {}", set.name);
    let mut plot = Plot::new(&title, Axis::log("CPU-seconds of training"), Axis::linear("nDCG@10"));
    let mut costs = Vec::new();
    let mut level = 0.0;
    for row in &set.rows {
        let Some(all) = &row.groups[0] else { continue };
        level = all.baseline;
        if let Some(seconds) = row.cpu_seconds.filter(|seconds| *seconds > 0.0) {
            let interval = all.interval.map_or([all.mean; 2], |ends| ends.map(|end| all.baseline + end));
            plot = plot.with(Series::points(&row.name(), [(seconds, all.mean)]).with_intervals([interval]));
            costs.push(seconds);
        }
    }
    let line = [f64::min, f64::max].map(|end| costs.iter().copied().reduce(end).unwrap_or(1.0));
    plot.with(Series::guide("frozen encoder", line.map(|x| (x, level)))).write_svg(path)
}
