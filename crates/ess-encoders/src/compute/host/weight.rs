//! The weight of a linear layer at any precision.

use super::{
    int8::{Int8Panels, MAX_INPUTS},
    panels::Panels,
    tile::GROUP,
};
use crate::compute::precision::Precision;

/// A weight of `d_out × d_in`, laid out for the kernel of its precision.
#[derive(Clone, Debug)]
pub(crate) enum HostWeight {
    Float(Panels),
    Int8(Int8Panels),
}

impl HostWeight {
    /// Lays out a row-major `d_out × d_in` weight for this machine.
    pub(crate) fn new(weight: &[f32], shape: [usize; 2], precision: Precision) -> Self {
        match precision {
            Precision::Int8 if shape[1] <= MAX_INPUTS => Self::Int8(Int8Panels::new(weight, shape)),
            Precision::F32 | Precision::Int8 => Self::Float(Panels::new(weight, shape)),
            Precision::Bf16 => Self::Float(Panels::rounded(weight, shape)),
        }
    }

    /// The weight as it is kept, row-major, `d_out × d_in`.
    #[cfg(feature = "split")]
    pub(crate) fn to_rows(&self) -> (Vec<f32>, [usize; 2]) {
        match self {
            Self::Float(panels) => panels.to_rows(),
            Self::Int8(panels) => panels.to_rows(),
        }
    }

    /// `finish(rows Wᵀ + b)` for rows of `n × d_in`, into `n × d_out`; `finish` gets 16 values at a time.
    pub(crate) fn write(
        &self,
        results: &mut [f32],
        rows: &[f32],
        bias: &[f32],
        finish: impl Fn(&mut [f32; GROUP]),
    ) {
        let store = |result: &mut [f32], mut sums: [f32; GROUP]| {
            finish(&mut sums);
            match result.first_chunk_mut() {
                Some(result) => *result = sums,
                None => result.copy_from_slice(&sums[..result.len()]),
            }
        };
        self.run(results, rows, bias, store);
    }

    /// `sums += rows Wᵀ + b`, for rows of `n × d_in` and sums of `n × d_out`.
    pub(super) fn add(&self, sums: &mut [f32], rows: &[f32], bias: &[f32]) {
        let store = |result: &mut [f32], sums: [f32; GROUP]| match result.first_chunk_mut::<GROUP>() {
            Some(result) => result.iter_mut().zip(&sums).for_each(|(result, sum)| *result += sum),
            None => result.iter_mut().zip(&sums).for_each(|(result, sum)| *result += sum),
        };
        self.run(sums, rows, bias, store);
    }

    fn run(&self, results: &mut [f32], rows: &[f32], bias: &[f32], store: impl Fn(&mut [f32], [f32; GROUP])) {
        match self {
            Self::Float(panels) => panels.run(results, rows, bias, store),
            Self::Int8(panels) => panels.run(results, rows, bias, store),
        }
    }
}
