//! An image in bytes.

/// An image of red, green and blue.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pixels {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Line by line, three bytes a pixel.
    pub(super) rgb: Vec<u8>,
}
