//! Quality against what a query costs, as a plot.

use std::path::Path;

use anyhow::Result;

use crate::output::plot::{Axis, Plot, Series};

use super::rows::Rows;

/// The name of the file of a data set's plot.
pub(super) fn name(data: &str) -> String {
    format!("architectures_{}.svg", data.to_lowercase().replace([' ', '-'], "_"))
}

/// Writes the plot: a point for each system, by the number of its row, with the interval of its difference to the frozen encoder.
pub(super) fn write(set: &Rows, path: &Path) -> Result<()> {
    let title = format!("What a query costs, and what it finds, on {}", set.name);
    let costs = || set.rows.iter().map(|row| row.cpu_ms).filter(|cost| *cost > 0.0);
    let [low, high] = [f64::min, f64::max].map(|end| costs().reduce(end).unwrap_or(1.0));
    // The right third is for the legend, which is as long as the table.
    let room = high * (high / low).sqrt().max(10.0);
    let axis = Axis::log("CPU-milliseconds a query").over(0.8 * low, room);
    let mut plot = Plot::new(&title, axis, Axis::linear("nDCG@10"));
    for (row, number) in set.rows.iter().zip(1..).filter(|(row, _)| row.cpu_ms > 0.0) {
        let interval = row
            .compared
            .as_ref()
            .and_then(|compared| compared.interval.map(|ends| ends.map(|end| compared.baseline + end)));
        let points = Series::points(&format!("{number} {}", row.system.name()), [(row.cpu_ms, row.ndcg)]);
        let points = points.labelled(&number.to_string());
        plot = plot.with(points.with_intervals([interval.unwrap_or([row.ndcg; 2])]));
    }
    plot.write_svg(path)
}
