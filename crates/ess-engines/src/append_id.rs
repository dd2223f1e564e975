//! The name of one addition.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
};

/// Names one [`Engine::append`](crate::Engine::append): every attempt at it has the same id, and no other has.
///
/// ```
/// use ess_engines::AppendId;
///
/// assert_ne!(AppendId::new(), AppendId::new());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppendId(i64);

impl AppendId {
    /// A new id: 64 bits by chance.
    #[allow(clippy::new_without_default, reason = "two defaults would differ")]
    pub fn new() -> Self {
        // The standard library seeds each of its tables otherwise.
        Self(RandomState::new().hash_one(std::process::id()) as i64)
    }

    /// The id as a number.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for AppendId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
