//! Dropout: components that a step leaves out.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Sets a share of the values to 0 and scales the others up, so that the mean stays. Returns what each was multiplied by; nothing
/// for a share of 0.
pub(super) fn drop_out(values: &mut [f32], share: f32, random: &mut ChaCha8Rng) -> Vec<f32> {
    if share == 0.0 {
        return Vec::new();
    }
    let (kept, below) = ((1.0 - share).recip(), (f64::from(share) * 4_294_967_296.0) as u64);
    let factors: Vec<f32> =
        values.iter().map(|_| if u64::from(random.next_u32()) < below { 0.0 } else { kept }).collect();
    scale(values, &factors);
    factors
}

/// Multiplies values by what [`drop_out`] returned.
pub(super) fn scale(values: &mut [f32], factors: &[f32]) {
    values.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
}
