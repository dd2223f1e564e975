//! `--dtype` of `ess index build`.

use clap::ValueEnum;
use ess_index::Storage;

/// How an index keeps the components of its items.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(super) enum Components {
    #[default]
    F32,
    F16,
    I8,
}

impl From<Components> for Storage {
    fn from(components: Components) -> Self {
        match components {
            Components::F32 => Self::F32,
            Components::F16 => Self::F16,
            Components::I8 => Self::I8,
        }
    }
}
