//! Flags that several commands have.

pub(crate) mod device;
pub(crate) mod losses;
pub(crate) mod paths;
pub(crate) mod sides;
