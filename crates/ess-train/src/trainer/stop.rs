//! When a training run ends.

use ess_search::DeviceEncoding;

use crate::data::dev_set::DevSet;

/// When a training run ends.
pub enum Stop<'a, 'i, E> {
    /// When the measure on dev has stopped rising ([`TrainerConfig::patience`](crate::TrainerConfig::patience)). The best
    /// parameters are kept.
    OnDev(&'a DevSet<'i, E>),
    /// After this many steps. The last parameters are kept.
    After(usize),
}

impl<E: DeviceEncoding> Stop<'_, '_, E> {
    /// How many dev queries say when it ends.
    pub(super) fn dev_queries(&self) -> usize {
        match self {
            Self::OnDev(dev) => dev.queries().len(),
            Self::After(_) => 0,
        }
    }
}
