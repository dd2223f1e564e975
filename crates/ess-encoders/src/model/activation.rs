//! The function between the two halves of a feed-forward layer.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The function between the two halves of a feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x Φ(x)`.
    Gelu,
    /// GELU by its tangent approximation.
    GeluTanh,
    /// `max(x, 0)`.
    Relu,
    /// `x / (1 + exp(-x))`.
    Silu,
    /// `tanh(x)`.
    Tanh,
    /// `x / (1 + exp(-1.702 x))`, what CLIP has for GELU.
    QuickGelu,
}

/// The function of a name.
pub(crate) fn activation(path: &Path, field: &'static str, name: &str) -> Result<Activation, Error> {
    match name {
        "gelu" | "gelu_python" => Ok(Activation::Gelu),
        "gelu_new" | "gelu_pytorch_tanh" | "gelu_python_tanh" | "gelu_fast" | "gelu_accurate" => {
            Ok(Activation::GeluTanh)
        }
        "relu" => Ok(Activation::Relu),
        "silu" | "swish" => Ok(Activation::Silu),
        "tanh" => Ok(Activation::Tanh),
        "quick_gelu" => Ok(Activation::QuickGelu),
        other => {
            let expected =
                "gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, quick_gelu, relu, silu, swish or tanh";
            Err(Error::config(path, field, expected, other))
        }
    }
}
