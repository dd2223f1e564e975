//! A scale and a shift for each component.

/// `x ∘ scale + shift`: what batch normalisation is after training.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Affine {
    pub(crate) scale: Vec<f32>,
    pub(crate) shift: Vec<f32>,
}

impl Affine {
    /// What changes nothing of `dim` components.
    pub(crate) fn identity(dim: usize) -> Self {
        Self { scale: vec![1.0; dim], shift: vec![0.0; dim] }
    }

    /// The same for each part of a vector of `dim` components, a multiple of its own.
    pub(crate) fn of_parts(self, dim: usize) -> Self {
        let parts = dim / self.scale.len();
        Self { scale: self.scale.repeat(parts), shift: self.shift.repeat(parts) }
    }

    /// Maps rows of `d` components.
    pub(crate) fn apply(&self, rows: &mut [f32]) {
        for row in rows.chunks_exact_mut(self.scale.len()) {
            for ((x, scale), shift) in row.iter_mut().zip(&self.scale).zip(&self.shift) {
                *x = *x * scale + shift;
            }
        }
    }
}
