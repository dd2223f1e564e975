//! What the example programs share: data by folder, evaluation, tables, plots and JSON.

mod automatic;
mod beir;
mod beir_data_set;
mod dataset;
mod device;
mod json;
mod losses;
#[cfg(feature = "encoders")]
mod model_folder;
mod plot;
mod run_config;
mod settings;
mod sides;
mod similarity_note;
mod table;
mod terminal;
mod together;

pub use automatic::{choose, collection, describe_choice, search_automatically};
pub use beir::BeirTexts;
pub use beir_data_set::BeirDataSet;
pub use dataset::{
    JoinArguments, judge_file, judge_file_as, open_dataset, say_left_out, searchable, train_and_dev,
};
pub use device::DeviceChoice;
pub use json::write_json;
pub use losses::LossArguments;
#[cfg(feature = "encoders")]
pub use model_folder::model_folder;
pub use plot::{Axis, Plot, Series};
pub use run_config::RunConfig;
pub use settings::{SETTINGS, read_settings, settings_of};
pub use sides::SideArguments;
pub use similarity_note::{SIMILARITIES, similarity_note};
pub use table::Table;
pub use terminal::{note, run, show};
pub use together::Together;
