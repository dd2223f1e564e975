//! How components are stored on disk.

use std::{fmt, str::FromStr};

use half::f16;

use crate::error::Error;

/// The type of the components in an embedding store or an `.npy` file; in memory they are always `f32`.
///
/// ```
/// use ess_data::Dtype;
///
/// assert_eq!("f16".parse::<Dtype>()?, Dtype::F16);
/// assert_eq!(Dtype::F32.to_string(), "f32");
/// # Ok::<(), ess_data::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// Half precision: 2 bytes, about 3 decimal digits, up to 65504. Enough for embeddings of unit norm.
    F16,
    /// Single precision: 4 bytes, lossless.
    #[default]
    F32,
}

impl Dtype {
    /// The size of one component, in bytes.
    pub fn size(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
        }
    }

    /// The bytes of some values, little-endian; a value too large for the type is returned with its position.
    pub(crate) fn encode(self, values: &[f32]) -> Result<Vec<u8>, (usize, f32)> {
        match self {
            Self::F32 => Ok(bytemuck::cast_slice(values).to_vec()),
            Self::F16 => {
                let halves: Vec<f16> = values.iter().map(|&x| f16::from_f32(x)).collect();
                match halves.iter().position(|x| x.is_infinite()) {
                    Some(at) => Err((at, values[at])),
                    None => Ok(bytemuck::cast_slice(&halves).to_vec()),
                }
            }
        }
    }

    /// The values in some bytes, little-endian.
    pub(crate) fn decode(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Self::F32 => bytemuck::pod_collect_to_vec(bytes),
            Self::F16 => {
                use half::slice::HalfFloatSliceExt;
                let halves = match bytemuck::try_cast_slice::<u8, f16>(bytes) {
                    Ok(aligned) => std::borrow::Cow::Borrowed(aligned),
                    Err(_) => std::borrow::Cow::Owned(bytemuck::pod_collect_to_vec(bytes)),
                };
                halves.to_f32_vec()
            }
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F16 => "f16",
            Self::F32 => "f32",
        })
    }
}

impl FromStr for Dtype {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "f16" => Ok(Self::F16),
            "f32" => Ok(Self::F32),
            _ => Err(Error::InvalidParameter {
                name: "dtype",
                expected: "f16 or f32",
                found: format!("{text:?}"),
            }),
        }
    }
}
