//! A measure that looks at the first two ranks alone.

use std::fmt;

use ess_kit::metrics::{Cutoff, JudgedRanking, Measure, MeasureKind};

/// 1 where the first item is relevant, one half where the second is, else 0: reciprocal rank that looks no further than a
/// reader of two answers does.
pub struct FirstTwo {
    cutoff: Cutoff,
}

impl fmt::Display for FirstTwo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::NAME, self.cutoff)
    }
}

impl Measure for FirstTwo {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        let first = ranking.relevant_within(self.cutoff).next().filter(|hit| hit.rank <= 2);
        first.map_or(0.0, |hit| 1.0 / hit.rank as f64)
    }

    fn cutoff(&self) -> Cutoff {
        self.cutoff
    }
}

impl MeasureKind for FirstTwo {
    const NAME: &'static str = "first_two";

    fn at(cutoff: Cutoff) -> Self {
        Self { cutoff }
    }

    fn range(&self) -> Option<[f64; 2]> {
        Some([0.0, 1.0])
    }
}
