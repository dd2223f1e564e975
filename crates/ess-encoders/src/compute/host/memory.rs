//! Tables and vectors in host memory.

use super::weight::HostWeight;
use crate::transformer::definition::Linear;

/// A row-major matrix.
#[derive(Clone, Debug)]
pub(crate) struct HostMatrix {
    pub(crate) values: Vec<f32>,
    pub(crate) columns: usize,
}

/// A vector.
#[derive(Clone, Debug)]
pub(crate) struct HostVector(pub(crate) Vec<f32>);

impl HostMatrix {
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    pub(crate) fn rows(&self) -> usize {
        self.values.len() / self.columns
    }
}

/// A linear layer.
pub(super) type HostLinear = Linear<HostWeight, HostVector>;
