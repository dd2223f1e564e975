//! Quantising a vector to int8.

/// The largest code.
const MAX_CODE: f32 = 127.0;

/// Quantises a vector to codes, which may be longer and end with zeros, and returns the scale: what a code is multiplied
/// with. The codes of a vector of zeros are zeros.
pub(crate) fn quantise(vector: &[f32], codes: &mut [i8]) -> f32 {
    let largest = vector.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
    let scale = largest / MAX_CODE;
    let inverse = MAX_CODE / largest;
    let (head, tail) = codes.split_at_mut(vector.len());
    tail.fill(0);
    if inverse.is_finite() {
        for (code, x) in head.iter_mut().zip(vector) {
            // A conversion rounds towards zero, and saturates.
            *code = (x * inverse + 0.5_f32.copysign(*x)) as i8;
        }
        scale
    } else {
        head.fill(0);
        0.0
    }
}
