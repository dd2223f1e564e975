//! Sums over many components.

// Partial sums, because the compiler may not reorder a sum of floats by itself.
pub(super) const LANES: usize = 32;

#[inline(always)]
pub(super) fn sum(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += f(value);
        }
    }
    across(sums, |a, b| a + b) + rest.iter().map(|&value| f(value)).sum::<f32>()
}

/// The sum of all lanes: halves are added, which vector instructions do faster than lane after lane.
#[inline(always)]
pub(super) fn across(mut lanes: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        let (low, high) = lanes.split_at_mut(half);
        low.iter_mut().zip(high).for_each(|(a, b)| *a = f(*a, *b));
        half /= 2;
    }
    lanes[0]
}
