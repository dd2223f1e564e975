//! Numbers of weights as files have them.

use std::path::Path;

use half::{bf16, f16};

use crate::error::Error;

/// The numbers that weights are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberKind {
    F32,
    F16,
    Bf16,
}

impl NumberKind {
    /// How many bytes a number has.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// The numbers that little-endian bytes stand for.
    pub(super) fn decode(self, bytes: &[u8]) -> Vec<f32> {
        let halves = || bytes.as_chunks::<2>().0.iter();
        match self {
            Self::F32 => bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            Self::F16 => halves().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
            Self::Bf16 => halves().map(|b| bf16::from_le_bytes(*b).to_f32()).collect(),
        }
    }
}

/// Refuses a shape that is not the expected one.
pub(super) fn check_shape(path: &Path, name: &str, expected: &[usize], found: &[usize]) -> Result<(), Error> {
    match expected == found {
        true => Ok(()),
        false => Err(Error::TensorShape {
            path: path.to_owned(),
            name: name.to_owned(),
            expected: expected.to_vec(),
            found: found.to_vec(),
        }),
    }
}

/// Refuses a NaN or an infinity.
pub(super) fn check_finite(path: &Path, name: &str, values: Vec<f32>) -> Result<Vec<f32>, Error> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(values),
        Some(at) => {
            let (path, name, value) = (path.to_owned(), name.to_owned(), values[at]);
            Err(Error::NonFiniteWeight { path, name, at, value })
        }
    }
}
