//! What the example programs share: data by folder, evaluation, tables and JSON.

mod dataset;
mod device;
mod evaluation;
mod json;
mod kinds;
mod leakage;
mod table;

pub use dataset::{Dataset, JudgedQueries};
pub use device::DeviceChoice;
pub use evaluation::{MEASURES, evaluate, search};
pub use json::write_json;
pub use kinds::ModuleKind;
pub use leakage::Leakage;
pub use table::Table;
