//! Attention with linear biases (Press et al., "Train Short, Test Long", 2022), in both directions.

/// What each head's scores lose for a token of distance.
///
/// Powers of two, evenly between 1 and 1/256; where the number of heads is none, those of the next smaller power and every other one
/// of the next larger.
pub(crate) fn slopes(heads: usize) -> Vec<f32> {
    if heads.is_power_of_two() {
        return (1..=heads).map(|head| (-8.0 * head as f64 / heads as f64).exp2() as f32).collect();
    }
    let smaller = (heads + 1).next_power_of_two() / 2;
    let between = slopes(2 * smaller).into_iter().step_by(2).take(heads - smaller);
    slopes(smaller).into_iter().chain(between).collect()
}

#[cfg(test)]
mod tests {
    use super::slopes;

    #[test]
    fn slopes_are_those_of_the_paper() {
        assert_eq!(slopes(8), [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015_625, 0.007_812_5, 0.003_906_25]);
        let twelve = slopes(12);
        let between: Vec<f32> = [0.5_f64, 1.5, 2.5, 3.5].map(|e| (-e).exp2() as f32).to_vec();
        assert_eq!((&twelve[..8], &twelve[8..]), (&slopes(8)[..], &between[..]));
        assert_eq!(slopes(1), [0.003_906_25]);
        assert_eq!(slopes(3).len(), 3);
    }
}
