//! Normally distributed values, the same on every machine.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Values of nearly a standard normal distribution: each is the sum of 12 uniform ones less their mean.
pub(crate) fn gaussian(random: &mut ChaCha8Rng, count: usize) -> Vec<f32> {
    (0..count).map(|_| (0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn random_directions_point_everywhere() {
        let numbers = gaussian(&mut ChaCha8Rng::seed_from_u64(3), 4096);
        let mean = numbers.iter().sum::<f32>() / 4096.0;
        let variance = numbers.iter().map(|x| x * x).sum::<f32>() / 4096.0;
        assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.07, "{mean} {variance}");
    }
}
