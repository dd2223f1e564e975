//! Quality against CPU-seconds.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::output::plot::{Axis, Plot, Series};

use super::cell::{Cell, Gain};

/// A system that was measured elsewhere on the same test queries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Peer {
    pub(crate) name: String,
    /// Who measured it.
    pub(crate) source: String,
    pub(crate) ndcg: f64,
    pub(crate) cpu_seconds: f64,
}

impl Peer {
    pub(crate) fn read(path: &Path) -> Result<Vec<Self>> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        serde_json::from_str(&text).with_context(|| format!("{}: not a list of systems", path.display()))
    }
}

/// Writes the plot: the choices by budget, the frozen encoder, and what was measured elsewhere.
pub(crate) fn plot(frontier: &[(f64, Cell)], peers: &[Peer], path: &Path) -> Result<()> {
    let (_, first) = frontier.first().context("a choice to plot")?;
    let title = format!("Quality against cost, {}", first.target.name);
    let seconds = frontier.iter().map(|(spent, _)| *spent).chain(peers.iter().map(|peer| peer.cpu_seconds));
    let ends = seconds.fold([f64::INFINITY, 0.0_f64], |[low, high], x| [low.min(x), high.max(x)]);
    let line = |name: &str, gain: fn(&Cell) -> &Gain| {
        let points = frontier.iter().map(|(spent, cell)| (*spent, gain(cell).mean.ndcg));
        Series::line(name, points).with_intervals(frontier.iter().map(|(_, cell)| gain(cell).mean.ci95))
    };
    let mut plot = Plot::new(&title, Axis::log("CPU-seconds of choosing"), Axis::linear("nDCG@10 on test"))
        .with(line("auto, dense", |cell| &cell.dense))
        .with(line("auto, hybrid", |cell| &cell.hybrid));
    for peer in peers {
        plot = plot.with(Series::points(&peer.name, [(peer.cpu_seconds, peer.ndcg)]));
    }
    plot.with(Series::guide("frozen", ends.map(|end| (end, first.frozen.ndcg)))).write_svg(path)
}
