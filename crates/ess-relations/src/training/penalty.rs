//! Penalties on the size of vectors: N3 and L2.

/// The weights of the penalties, and what N3 takes the modulus of.
#[derive(Clone, Copy)]
pub(super) struct Penalty {
    pub(super) n3: f32,
    pub(super) l2: f32,
    /// Whether components `i` and `i + d / 2` are a complex number.
    pub(super) complex: bool,
}

impl Penalty {
    pub(super) fn is_none(&self) -> bool {
        self.n3 == 0.0 && self.l2 == 0.0
    }

    /// Adds the gradient of `weight · (n3 · Σ |z|³ + l2 · Σ x²)` of a vector; returns the value.
    pub(super) fn add(&self, vector: &[f32], weight: f32, gradient: &mut [f32]) -> f64 {
        let (mut cubes, mut squares) = (0.0_f64, 0.0_f64);
        let parts = if self.complex && vector.len().is_multiple_of(2) { 2 } else { 1 };
        let n = vector.len() / parts;
        for i in 0..n {
            let square: f32 = (0..parts).map(|part| vector[part * n + i].powi(2)).sum();
            let modulus = square.sqrt();
            cubes += f64::from(square * modulus);
            squares += f64::from(square);
            let factor = weight * (3.0 * self.n3 * modulus + 2.0 * self.l2);
            (0..parts).for_each(|part| gradient[part * n + i] += factor * vector[part * n + i]);
        }
        f64::from(weight) * (f64::from(self.n3) * cubes + f64::from(self.l2) * squares)
    }
}
