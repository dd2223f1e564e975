//! How far apart two devices may be.

/// How far numbers of one computation may differ, relative to the largest of them: rounding in sums of some ten to a
/// hundred products in `f32`, in another order, and exponentials of another library. Most differ by less than 1e-5, the
/// gradients of transformers by up to 3e-5.
pub(crate) const COMPUTED: f32 = 5e-5;

/// How far parameters may differ after several steps of Adam, as the length of the difference over the length of what was
/// learned. Adam divides a gradient by its own size, so that where a gradient is all rounding so is the step.
pub(crate) const LEARNED: f32 = 2e-2;

/// Refuses numbers that differ by more than `tolerance` relative to the largest expected.
#[track_caller]
pub(crate) fn close(what: &str, expected: &[f32], found: &[f32], tolerance: f32) {
    assert_eq!(expected.len(), found.len(), "{what}: how many numbers");
    let largest = expected.iter().fold(f32::MIN_POSITIVE, |largest, x| largest.max(x.abs()));
    for (at, (e, f)) in expected.iter().zip(found).enumerate() {
        // Not `>`, which lets NaN pass.
        let near = (e - f).abs() <= tolerance * largest;
        assert!(near, "{what}, number {at}: {e} on the CPU, {f} on the GPU, the largest being {largest}");
    }
}

/// Refuses what was learned on two devices from the same start if it differs by more than [`LEARNED`].
#[track_caller]
pub(crate) fn learned_the_same(what: &str, start: &[f32], expected: &[f32], found: &[f32]) {
    assert!(start.len() == expected.len() && start.len() == found.len(), "{what}: how many numbers");
    let distance = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
    let (way, apart) = (distance(start, expected), distance(expected, found));
    let rounding = COMPUTED * start.iter().map(|x| x * x).sum::<f32>().sqrt();
    assert!(
        apart <= LEARNED * way + rounding,
        "{what}: went {way} on the CPU, and is {apart} from it on the GPU"
    );
}
