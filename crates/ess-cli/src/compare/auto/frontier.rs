//! Quality against CPU-seconds.

use std::path::Path;

use anyhow::{Context, Result};

use crate::{
    compare::measure,
    output::plot::{Axis, Plot, Series},
};

use super::{
    cell::{Cell, Gain},
    results::Results,
};

/// Writes the plot: the choices by budget, the frozen encoder, and what was measured elsewhere.
pub(crate) fn plot(results: &Results, path: &Path) -> Result<()> {
    let Results { frontier, peers, measure, .. } = results;
    let (_, first) = frontier.first().context("a choice to plot")?;
    let title = format!("Quality against cost, {}", first.target.name);
    let seconds = frontier.iter().map(|(spent, _)| *spent).chain(peers.iter().map(|peer| peer.cpu_seconds));
    let ends = seconds.fold([f64::INFINITY, 0.0_f64], |[low, high], x| [low.min(x), high.max(x)]);
    let line = |name: &str, gain: fn(&Cell) -> &Gain| {
        let points = frontier.iter().map(|(spent, cell)| (*spent, gain(cell).mean.value));
        let intervals: Option<Vec<_>> = frontier.iter().map(|(_, cell)| gain(cell).mean.ci95).collect();
        Series::line(name, points).with_intervals(intervals.unwrap_or_default())
    };
    let quality = Axis::linear(&format!("{} on test", measure::title(*measure)));
    let mut plot = Plot::new(&title, Axis::log("CPU-seconds of choosing"), quality)
        .with(line("auto, dense", |cell| &cell.dense))
        .with(line("auto, hybrid", |cell| &cell.hybrid));
    for peer in peers {
        plot = plot.with(Series::points(&peer.name, [(peer.cpu_seconds, peer.value)]));
    }
    plot.with(Series::guide("frozen", ends.map(|end| (end, first.frozen.value)))).write_svg(path)
}
