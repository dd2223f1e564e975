//! `ess device`: how fast a device is at what ESS does, beside the CPU and beside what the device can do at best.
//!
//! Data are random; nothing is read but the encoder that `--model` names.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use burn::tensor::Device;
use clap::Args;
use ess_kit::DeviceChoice;
use serde::Serialize;

use crate::{
    arguments::device::open,
    output::{options::Output, table::Table},
};

mod work;

const EXAMPLES: &str = "\
Examples:
  ess device --device auto
  ess device --device wgpu:0 --small --json figures.json";

/// Measure a device: matrix products, copies, training steps, exact search and encoding, beside the CPU in the same run.
///
/// Every figure is the median of several runs by the clock, after one that is not counted. A size of 0 leaves its row out;
/// --small has sizes that a software device does in a minute.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The device beside the CPU: wgpu (a GPU), wgpu:N (the one of this number) or auto (a GPU where there is one).
    #[arg(long, default_value = "auto", value_name = "cpu|wgpu|wgpu:N|auto")]
    device: DeviceChoice,
    /// Small sizes, for a software device.
    #[arg(long)]
    small: bool,
    /// Dimension of queries and items.
    #[arg(long, default_value_t = 384)]
    dim: usize,
    /// Queries of a training step against each other's items [default: 8192,65536].
    #[arg(long, value_delimiter = ',', value_name = "QUERIES")]
    in_batch: Option<Vec<usize>>,
    /// Items of a training step against all items, and of the exact search [default: 1000000].
    #[arg(long)]
    items: Option<usize>,
    /// Queries of a training step against all items [default: 1024].
    #[arg(long)]
    batch: Option<usize>,
    /// Queries of an exact search [default: 8192].
    #[arg(long)]
    queries: Option<usize>,
    /// Hits of an exact search.
    #[arg(long, default_value_t = 10)]
    k: usize,
    /// A sentence-transformers folder to encode with; without it, that row is left out.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Texts to encode, of 64 words each [default: 1024].
    #[arg(long)]
    texts: Option<usize>,
    /// Runs of which the median is taken.
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

/// How much work is measured.
struct Sizes {
    matmul: usize,
    copied: usize,
    in_batch: Vec<usize>,
    items: usize,
    batch: usize,
    queries: usize,
    texts: usize,
}

impl Sizes {
    fn new(arguments: &Arguments) -> Self {
        let small = arguments.small;
        let pick = |large, reduced| if small { reduced } else { large };
        let in_batch = if small { vec![256] } else { vec![8192, 65_536] };
        Self {
            matmul: pick(4096, 512),
            copied: pick(1 << 25, 1 << 22),
            in_batch: arguments.in_batch.clone().unwrap_or(in_batch),
            items: arguments.items.unwrap_or(pick(1_000_000, 4096)),
            batch: arguments.batch.unwrap_or(pick(1024, 64)),
            queries: arguments.queries.unwrap_or(pick(8192, 256)),
            texts: arguments.texts.unwrap_or(pick(1024, 16)),
        }
    }
}

/// One question: how long it took on each of the two, and how much that is a second.
#[derive(Serialize)]
struct Row {
    what: String,
    unit: &'static str,
    device: Figure,
    cpu: Figure,
}

/// The answer of one device.
#[derive(Clone, Copy, Serialize)]
struct Figure {
    seconds: f64,
    per_second: f64,
    /// The share of the rate of matrix products on the same device, for what is made of products.
    share_of_matmul: Option<f64>,
}

#[derive(Serialize)]
struct Report {
    device: String,
    rows: Vec<Row>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    for (name, value) in [("--runs", arguments.runs), ("--dim", arguments.dim), ("--k", arguments.k)] {
        ensure!(value > 0, "{name}: expected at least 1, found 0");
    }
    let device = open(arguments.device)?;
    let sizes = Sizes::new(arguments);
    let on_device = work::measure(&device, arguments, &sizes)?;
    let on_cpu = work::measure(&Device::flex(), arguments, &sizes)?;
    let rows = on_device.into_iter().zip(on_cpu).map(|(there, here)| Row {
        what: there.what,
        unit: there.unit,
        device: there.figure,
        cpu: here.figure,
    });
    let report = Report { device: name_of(&device), rows: rows.collect() };
    print(&report);
    output.write(&report)
}

#[cfg(feature = "wgpu")]
fn name_of(device: &Device) -> String {
    device.identity().map_or_else(|| "CPU".to_owned(), |identity| identity.name)
}

#[cfg(not(feature = "wgpu"))]
fn name_of(_device: &Device) -> String {
    "CPU".to_owned()
}

fn print(report: &Report) {
    let mut table =
        Table::new(&["", "unit", &report.device, "CPU", "device / CPU", "of its products", "CPU's"]);
    let share = |figure: Figure| {
        figure.share_of_matmul.map_or_else(String::new, |share| format!("{:.0} %", 100.0 * share))
    };
    for Row { what, unit, device, cpu } in &report.rows {
        table.row(vec![
            what.clone(),
            (*unit).to_owned(),
            number(device.per_second),
            number(cpu.per_second),
            format!("{:.2}", device.per_second / cpu.per_second),
            share(*device),
            share(*cpu),
        ]);
    }
    crate::output::terminal::show(&table);
}

/// Three digits that count.
fn number(value: f64) -> String {
    let digits = (2 - value.abs().max(1e-9).log10().floor() as i32).clamp(0, 6);
    format!("{value:.*}", digits as usize)
}
