//! What the example programs share: data by folder, evaluation, tables, plots and JSON.

mod dataset;
mod device;
mod evaluation;
mod json;
mod leakage;
mod plot;
mod run_config;
mod table;

pub use dataset::{Dataset, JudgedQueries};
pub use device::DeviceChoice;
pub use evaluation::{MEASURES, evaluate, search};
pub use json::write_json;
pub use leakage::Leakage;
pub use plot::{Axis, Plot, Series};
pub use run_config::RunConfig;
pub use table::Table;
