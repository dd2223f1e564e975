//! When a training run ends.

use crate::data::dev_set::DevSet;

/// When a training run ends.
pub enum Stop<'a, 'i, E> {
    /// When the dev measure has not risen for a while; the best parameters are kept.
    OnDev(&'a DevSet<'i, E>),
    /// After so many steps; the last parameters are kept.
    After(usize),
}
