//! The floating-point types that scores are computed in.

use std::{iter::Sum, ops};

/// A floating-point type of scores: `f32` or `f64`. Both are computed by the same formulas.
///
/// ```
/// use ess_metrics::Score;
///
/// fn mean<S: Score>(scores: &[S]) -> S {
///     scores.iter().copied().sum::<S>() / S::from_count(scores.len())
/// }
/// assert_eq!((mean(&[1.0_f32, 2.0]), mean(&[1.0_f64, 2.0])), (1.5, 1.5));
/// ```
pub trait Score:
    Copy
    + PartialOrd
    + Sum
    + ops::Add<Output = Self>
    + ops::Sub<Output = Self>
    + ops::Mul<Output = Self>
    + ops::Div<Output = Self>
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;

    /// A count or a rank as a number, rounded where it is not exact.
    fn from_count(count: usize) -> Self;

    /// The square root.
    fn sqrt(self) -> Self;
}

macro_rules! score {
    ($($float:ident),+) => {$(
        impl Score for $float {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;

            fn from_count(count: usize) -> Self {
                count as Self
            }

            fn sqrt(self) -> Self {
                $float::sqrt(self)
            }
        }
    )+};
}

score!(f32, f64);
