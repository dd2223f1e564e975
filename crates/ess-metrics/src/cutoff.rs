//! The cutoff of a ranking.

use std::{fmt, num::NonZeroUsize, str::FromStr};

use crate::error::Error;

/// The part of a ranking that a measure reads: the first `k` items, or all of them.
///
/// `k` may be larger than the ranking. As in trec_eval, ranks beyond the end count as not relevant: measures
/// that divide by `k` still do.
///
/// ```
/// use ess_metrics::Cutoff;
///
/// assert_eq!(Cutoff::at(10)?.to_string(), "@10");
/// assert_eq!(Cutoff::NONE.to_string(), "");
/// assert!(Cutoff::at(0).is_err());
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cutoff(Option<NonZeroUsize>);

impl Cutoff {
    /// The whole ranking. The default.
    pub const NONE: Self = Self(None);

    /// The first `k` items.
    ///
    /// # Errors
    /// [`Error::InvalidCutoff`] when `k` is 0.
    pub fn at(k: usize) -> Result<Self, Error> {
        match NonZeroUsize::new(k) {
            Some(k) => Ok(Self(Some(k))),
            None => Err(Error::InvalidCutoff { found: k.to_string() }),
        }
    }

    /// `k`, or `None` for the whole ranking.
    pub fn k(self) -> Option<usize> {
        self.0.map(NonZeroUsize::get)
    }

    /// The last rank that counts: `k`, or the largest number for the whole ranking.
    pub fn depth(self) -> usize {
        self.k().unwrap_or(usize::MAX)
    }
}

/// `@k`, or nothing for the whole ranking.
impl fmt::Display for Cutoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(k) => write!(f, "@{k}"),
            None => Ok(()),
        }
    }
}

/// The `k` of `@k`: digits alone.
impl FromStr for Cutoff {
    type Err = Error;

    fn from_str(k: &str) -> Result<Self, Error> {
        let digits = k.bytes().all(|byte| byte.is_ascii_digit());
        let number = k.parse().ok().filter(|_| digits);
        match number {
            Some(number) => Self::at(number),
            None => Err(Error::InvalidCutoff { found: k.to_owned() }),
        }
    }
}
