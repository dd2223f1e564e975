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

/// Adds the gradient of `weight · Σ |‖r_k‖ − 1|³` over the equal parts of a vector; returns the value.
pub(super) fn unit_norm(vector: &[f32], parts: usize, weight: f32, gradient: &mut [f32]) -> f64 {
    let size = vector.len() / parts;
    let mut value = 0.0;
    for (part, gradient) in vector.chunks_exact(size).zip(gradient.chunks_exact_mut(size)) {
        let norm = part.iter().map(|x| x * x).sum::<f32>().sqrt();
        let beyond = norm - 1.0;
        value += f64::from(beyond.abs()).powi(3);
        // Of a part of zeros no direction leads to a norm of 1 sooner than the others.
        let factor = if norm > 0.0 { 3.0 * weight * beyond.abs() * beyond / norm } else { 0.0 };
        gradient.iter_mut().zip(part).for_each(|(gradient, x)| *gradient += factor * x);
    }
    f64::from(weight) * value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parts of norm 5 and of norm 0: 4³ and 1.
    #[test]
    fn norms_of_parts_are_drawn_to_one() {
        let mut gradient = [0.5; 4];
        let value = unit_norm(&[3.0, 4.0, 0.0, 0.0], 2, 0.1, &mut gradient);
        assert!((value - 6.5).abs() < 1e-6, "{value}");
        let expected = [0.5 + 0.3 * 16.0 * 0.6, 0.5 + 0.3 * 16.0 * 0.8, 0.5, 0.5];
        assert!(
            gradient.iter().zip(expected).all(|(a, b): (&f32, f32)| (a - b).abs() < 1e-5),
            "{gradient:?}"
        );
    }
}
