//! Starting values.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Fills with draws from a normal distribution around 0 (Box and Muller).
pub(crate) fn normal(values: &mut [f32], deviation: f32, random: &mut ChaCha8Rng) {
    for pair in values.chunks_mut(2) {
        let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * random.random::<f64>()).sin_cos();
        for (value, part) in pair.iter_mut().zip([cosine, sine]) {
            *value = deviation * (radius * part) as f32;
        }
    }
}
