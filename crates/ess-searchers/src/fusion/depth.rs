//! How many hits two searchers are asked for.

use ess_core::Error;

/// How many hits of each query two searchers are asked for at least, from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depth(usize);

impl Depth {
    /// The depth as it is given.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a depth of 0.
    pub(crate) fn new(depth: usize) -> Result<Self, Error> {
        if depth == 0 {
            let (name, expected) = ("depth of a fused search", "at least 1");
            return Err(Error::InvalidParameter { name, expected, found: "0".to_owned() });
        }
        Ok(Self(depth))
    }

    /// What each is asked for where `k` hits are wanted of both. A `k` of 0 is passed on, for the searchers refuse it.
    pub(crate) fn for_hits(self, k: usize) -> usize {
        if k == 0 { 0 } else { self.0.max(k) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_asked_for_as_many_as_are_wanted_and_at_least_the_depth() {
        let depth = Depth::new(5).unwrap();
        assert_eq!([0, 1, 5, 6].map(|k| depth.for_hits(k)), [0, 5, 5, 6]);
        assert!(matches!(Depth::new(0), Err(Error::InvalidParameter { .. })));
    }
}
