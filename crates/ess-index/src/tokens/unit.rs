//! Vectors of tokens at unit norm.

/// Appends row-major vectors (`t × dim`) scaled to unit norm; those of zeros stay.
pub(super) fn extend_with_units(units: &mut Vec<f32>, vectors: &[f32], dim: usize) {
    for vector in vectors.chunks_exact(dim) {
        let norm = norm(vector);
        let factor = if norm > 0.0 { 1.0 / norm } else { 0.0 };
        units.extend(vector.iter().map(|&x| (f64::from(x) * factor) as f32));
    }
}

/// The same without vectors of zeros, which have no direction.
pub(super) fn extend_with_directions(units: &mut Vec<f32>, vectors: &[f32], dim: usize) {
    for vector in vectors.chunks_exact(dim).filter(|vector| has_direction(vector)) {
        extend_with_units(units, vector, dim);
    }
}

pub(super) fn has_direction(vector: &[f32]) -> bool {
    vector.iter().any(|&x| x != 0.0)
}

pub(super) fn norm(vector: &[f32]) -> f64 {
    vector.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt()
}
