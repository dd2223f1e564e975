//! How finely the weights of a transformer are kept.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How finely a transformer's linear layers are kept and multiplied in host memory.
///
/// Tables of embeddings, softmax, normalisations and what follows the pooling are computed in `f32` at every precision. So is
/// attention, except that a tile unit rounds its keys and values to bfloat16 with `Bf16` and `Int8`. At every precision results
/// are the same in any number of threads and in any batch; `docs/results/precision.md` has their quality and speed.
///
/// ```
/// use ess_encoders::Precision;
///
/// assert_eq!("int8".parse::<Precision>()?, Precision::Int8);
/// assert_eq!(Precision::default().to_string(), "f32");
/// # Ok::<(), ess_encoders::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Weights as they are in the files, in single precision.
    #[default]
    F32,
    /// Weights rounded to bfloat16, which take half the memory; products and sums in single precision. A tile unit takes the
    /// inputs in 16 bits.
    Bf16,
    /// Weights rounded to 8 bits with a scale for each output, which take a quarter of the memory; the input of each layer is
    /// rounded to 8 bits with a scale for each token, but for a value that stands out. Sums of products are exact. On AVX2
    /// without VNNI, and on NEON without SDOT, weights are rounded about half a bit coarser, so that vectors differ from those
    /// of other processors.
    Int8,
}

const NAMES: [(&str, Precision); 3] =
    [("f32", Precision::F32), ("bf16", Precision::Bf16), ("int8", Precision::Int8)];

impl fmt::Display for Precision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, precision)| precision == self).map_or("", |(name, _)| name);
        formatter.write_str(name)
    }
}

impl FromStr for Precision {
    type Err = crate::error::Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, precision)| *precision);
        known.ok_or_else(|| {
            let expected = "f32, bf16 or int8";
            ess_core::Error::InvalidParameter { name: "precision", expected, found: name.to_owned() }.into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_written_and_refused() {
        for (name, precision) in NAMES {
            assert_eq!(
                (name.parse::<Precision>().unwrap(), precision.to_string()),
                (precision, name.to_owned())
            );
            assert_eq!(serde_json::to_value(precision).unwrap(), name);
        }
        let error = "f16".parse::<Precision>().unwrap_err().to_string();
        assert!(error.contains("f32, bf16 or int8") && error.contains("f16"), "{error}");
    }
}
