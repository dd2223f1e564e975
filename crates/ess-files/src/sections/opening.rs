//! How a file of sections is opened.

/// The way a file of sections, such as an index, is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    /// The file is read into memory and checked. Later changes of the file have no effect.
    Read,
    /// The file is mapped after all of it was read once and checked against its checksums. That takes as long as reading the
    /// file. The default.
    #[default]
    Mapped,
    /// The file is mapped in less than a millisecond, and only its header is checked. Damage elsewhere gives wrong values, and so wrong hits.
    MappedUnverified,
}
