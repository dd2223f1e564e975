//! One output's weights as int8.

use super::sizes::{QUAD, STEP};

/// The weights of one output: codes from -127 to 127, and what a code stands for.
pub(super) struct Channel {
    pub(super) codes: Vec<i8>,
    pub(super) scale: f32,
}

/// Where a kernel adds up products of bytes, which decides how large the codes beside each other may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// First four at a time in 16 bits.
    SixteenBits,
    /// In 32 bits, where all of them fit.
    ThirtyTwoBits,
}

/// The most that the codes of one sign which are added up in 16 bits may come to: 255 · 128 fits.
pub(super) const MAX_LANE: f32 = 128.0;

impl Channel {
    /// Rounds to the finest scale at which no sum overflows, whatever the row.
    ///
    /// Sums of four products in 16 bits ask for coarser codes. Weights are rarely large four at a time, so that this costs
    /// less than a bit, where codes below 64 would cost a whole one.
    pub(super) fn round(weights: &[f32], room: Room) -> Self {
        if !weights.iter().all(|weight| weight.is_finite()) {
            // Results are not numbers, as they are not in f32.
            return Self { codes: vec![0; weights.len()], scale: f32::NAN };
        }
        let largest = weights.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
        let heaviest_lane = |weights: &[f32]| match room {
            Room::SixteenBits => heaviest_lane(weights),
            Room::ThirtyTwoBits => 0.0,
        };
        let mut scale = (largest / 127.0).max(heaviest_lane(weights) / MAX_LANE);
        if scale < f32::MIN_POSITIVE {
            return Self { codes: vec![0; weights.len()], scale: 0.0 };
        }
        loop {
            let codes: Vec<f32> = weights.iter().map(|weight| (weight / scale).round_ties_even()).collect();
            let heaviest = heaviest_lane(&codes);
            if heaviest <= MAX_LANE {
                return Self { codes: codes.iter().map(|&code| code as i8).collect(), scale };
            }
            // Rounding made a lane heavier than its weights were.
            scale *= heaviest / MAX_LANE;
        }
    }
}

/// The largest sum of the weights of one sign in a lane; a step has two lanes, of the first and of the last two of each quad.
pub(super) fn heaviest_lane(weights: &[f32]) -> f32 {
    let mut heaviest = 0.0_f32;
    for step in weights.chunks(STEP) {
        let mut sums = [[0.0_f32; 2]; 2];
        for (input, &weight) in step.iter().enumerate() {
            let [positive, negative] = &mut sums[input % QUAD / 2];
            *positive += weight.max(0.0);
            *negative += (-weight).max(0.0);
        }
        heaviest = sums.into_iter().flatten().fold(heaviest, f32::max);
    }
    heaviest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn codes_stand_for_weights_and_no_lane_overflows(
            weights in prop::collection::vec(-3.0_f32..3.0, 1..70),
            outlier in prop::option::of(0_usize..70),
        ) {
            let mut weights = weights;
            if let Some(outlier) = outlier {
                let at = outlier % weights.len();
                weights[at] *= 100.0;
            }
            let Channel { codes, scale } = Channel::round(&weights, Room::ThirtyTwoBits);
            let largest = weights.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
            prop_assert!(scale <= largest / 126.9);
            for (code, weight) in codes.iter().zip(&weights) {
                prop_assert!((f32::from(*code) * scale - weight).abs() <= 0.501 * scale);
            }
            let Channel { codes, scale } = Channel::round(&weights, Room::SixteenBits);
            for (code, weight) in codes.iter().zip(&weights) {
                prop_assert!((f32::from(*code) * scale - weight).abs() <= 0.501 * scale);
            }
            for step in codes.chunks(STEP) {
                for lane in 0..2 {
                    let of_lane = step.iter().enumerate().filter(|(input, _)| input % QUAD / 2 == lane);
                    let of_lane: Vec<_> = of_lane.map(|(_, &code)| i32::from(code) * 255).collect();
                    let [most, least] = [1, -1].map(|sign| of_lane.iter().map(|x| (sign * x).max(0)).sum::<i32>());
                    prop_assert!(most <= i32::from(i16::MAX) && least <= i32::from(i16::MAX));
                }
            }
        }
    }

    #[test]
    fn weights_that_are_rarely_large_together_keep_nearly_eight_bits() {
        let mut weights = [0.0; 64];
        weights[0] = 1.0;
        let first = |weights: &[f32], room| Channel::round(weights, room).codes[0];
        assert_eq!((first(&weights, Room::SixteenBits), first(&[1.0; 8], Room::SixteenBits)), (127, 32));
        assert_eq!((first(&weights, Room::ThirtyTwoBits), first(&[1.0; 8], Room::ThirtyTwoBits)), (127, 127));
    }

    #[test]
    fn zeros_are_zeros_and_what_is_not_finite_stays_so() {
        for room in [Room::SixteenBits, Room::ThirtyTwoBits] {
            let zeros = Channel::round(&[0.0; 5], room);
            assert_eq!((zeros.codes, zeros.scale), (vec![0; 5], 0.0));
            for weight in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                assert!(Channel::round(&[1.0, weight], room).scale.is_nan());
            }
            assert_eq!(Channel::round(&[1e-41, -1e-40], room).scale, 0.0);
        }
    }
}
