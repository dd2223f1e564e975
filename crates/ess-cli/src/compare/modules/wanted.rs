//! What a cell of the table is of.

use ess_train::TrainerConfig;

use super::{data_set::DataSet, system::System};

/// One system on one data set, with the trainer that all have.
pub(crate) struct Wanted<'a> {
    pub(crate) data: &'a DataSet,
    pub(crate) system: &'a System,
    pub(crate) trainer: &'a TrainerConfig,
}
