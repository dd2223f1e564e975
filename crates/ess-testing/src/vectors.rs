//! Comparing vectors.

/// Panics with `claim` unless both vectors agree within `tolerance`, relative to the larger vector's largest
/// magnitude.
pub(crate) fn assert_close(claim: &str, expected: &[f32], found: &[f32], tolerance: f32) {
    assert_eq!(expected.len(), found.len(), "{claim}: vectors of the same length");
    let largest = expected.iter().chain(found).fold(0.0_f32, |largest, x| largest.max(x.abs()));
    for (i, (expected, found)) in expected.iter().zip(found).enumerate() {
        assert!(
            (expected - found).abs() <= tolerance * largest,
            "{claim}: expected {expected} in dimension {i}, found {found} (tolerance {tolerance} × {largest})"
        );
    }
}
