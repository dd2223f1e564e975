//! The tile unit of this processor.

/// The tile unit, seen on this processor and allowed to this process: Intel's Advanced Matrix Extensions for bfloat16 and
/// int8 under Linux on x86-64. Elsewhere there is none.
///
/// ```
/// use ess_tiles::{Matrix, Parts, Tiles};
///
/// let Some(tiles) = Tiles::detect() else { return };
/// // Two columns of three inputs, and one row.
/// let columns = tiles.columns(Matrix::dense(&[1.0, 2.0, 3.0, 0.5, 0.0, -1.0], 3), Parts::Full);
/// let mut found = vec![0.0; 2];
/// tiles.multiply(Matrix::dense(&[2.0, 1.0, 1.0], 3), &columns, |block| found.copy_from_slice(&block.row(0)[..2]));
/// assert_eq!(found, [7.0, 0.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiles {
    // Private, so that a value proves that the unit may be used.
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    _detected: (),
    #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
    pub(crate) none: std::convert::Infallible,
}

impl Tiles {
    /// The unit, if the processor has it and the system lets this process use it. Asking the system takes place once.
    pub fn detect() -> Option<Self> {
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        {
            crate::amx::allowed::allowed().then_some(Self { _detected: () })
        }
        #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
        None
    }
}
