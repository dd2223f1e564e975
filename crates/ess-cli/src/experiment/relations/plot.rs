//! What each model finds, and what its training takes, as a plot.

use std::path::Path;

use anyhow::Result;

use crate::output::plot::{Axis, Plot, Series};

use super::{graph::stem, rows::Block};

/// The name of the file of a graph's plot.
pub(super) fn name(graph: &str) -> String {
    format!("relations_{}.svg", stem(graph))
}

/// Writes the plot: a point for each model, by the number of its row, with the interval of its MRR.
pub(super) fn write(block: &Block<'_>, path: &Path) -> Result<()> {
    let title = format!("Relation models on {}", block.graph.name);
    // A clock may be too coarse for a small graph.
    let costs: Vec<f64> = block.rows.iter().map(|row| row.cpu_seconds.max(0.001)).collect();
    let [low, high] = [f64::min, f64::max].map(|end| costs.iter().copied().reduce(end).unwrap_or(1.0));
    // The right third is for the legend.
    let room = high * (high / low).sqrt().max(3.0);
    let axis = Axis::log("CPU-seconds of one training").over(0.8 * low, room);
    let mut plot = Plot::new(&title, axis, Axis::linear("filtered MRR on test"));
    for ((row, number), cost) in block.rows.iter().zip(1..).zip(costs) {
        let points = Series::points(&format!("{number} {}", row.model), [(cost, row.mrr)]);
        let interval = row.interval.unwrap_or([row.mrr; 2]);
        plot = plot.with(points.labelled(&number.to_string()).with_intervals([interval]));
    }
    plot.write_svg(path)
}
