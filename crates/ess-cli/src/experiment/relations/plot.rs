//! What each model finds, and what its training takes, as a plot.

use std::path::Path;

use anyhow::Result;

use crate::output::plot::{Axis, Plot, Series};

use super::{
    graph::stem,
    rows::{Block, Measured},
};

/// The name of the file of a graph's plot.
pub(super) fn name(graph: &str) -> String {
    format!("relations_{}.svg", stem(graph))
}

/// Whether there is anything to draw: not where training of no model ended.
pub(super) fn is_drawn(block: &Block<'_>) -> bool {
    block.measured().next().is_some()
}

/// Writes the plot: a point for each model, by the number of its row, with the interval of its MRR.
pub(super) fn write(block: &Block<'_>, path: &Path) -> Result<()> {
    let title = format!("Relation models on {}", block.graph.name);
    // A clock may be too coarse for a small graph.
    let cost = |measured: &Measured| measured.cpu_seconds.max(0.001);
    let costs = || block.measured().map(|(_, measured)| cost(measured));
    let [low, high] = [f64::min, f64::max].map(|end| costs().reduce(end).unwrap_or(1.0));
    // The right third is for the legend.
    let room = high * (high / low).sqrt().max(3.0);
    let axis = Axis::log("CPU-seconds of one training").over(0.8 * low, room);
    let mut plot = Plot::new(&title, axis, Axis::linear("filtered MRR on test"));
    for (row, number) in block.rows.iter().zip(1..) {
        let Some(measured) = &row.measured else { continue };
        let mrr = measured.mrr;
        let points = Series::points(&format!("{number} {}", row.marked()), [(cost(measured), mrr)]);
        let interval = measured.interval.unwrap_or([mrr; 2]);
        plot = plot.with(points.labelled(&number.to_string()).with_intervals([interval]));
    }
    plot.write_svg(path)
}
