//! `ess device`: how fast a device is at what ESS does, beside the CPU and beside what the device can do at best.
//!
//! Data are random; nothing is read but the encoder that `--model` names.

mod arguments;
mod work;

use anyhow::{Result, ensure};
use burn::tensor::Device;
use serde::Serialize;

use crate::{
    arguments::device::open,
    data::model_folder::model_folder,
    output::{options::Output, table::Table},
};

use self::{arguments::Sizes, work::Figure};

pub(crate) use self::arguments::Arguments;

/// One question: how long it took on each of the two, and how much that is a second.
#[derive(Serialize)]
struct Row {
    what: String,
    unit: &'static str,
    device: Figure,
    cpu: Figure,
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
    let model = arguments.model.as_deref();
    let model = model.map(|model| model_folder(model, output.quiet)).transpose()?;
    let on = |device: &Device| work::measure(device, arguments, &sizes, model.as_deref());
    let (on_device, on_cpu) = (on(&device)?, on(&Device::flex())?);
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
