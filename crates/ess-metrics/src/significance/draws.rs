//! Random draws: how many, and the generator of each.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::error::Error;

/// The largest number of draws that a setting may ask for.
const MAX_DRAWS: usize = 10_000_000;

/// The largest sample of which all signs or subsets are tried, 65 536 at most, instead of random ones.
pub(super) const MAX_EXHAUSTIVE: usize = 16;

/// Random draws of one seed. The same seed gives the same draws in any number of threads.
#[derive(Clone, Copy)]
pub(super) struct Draws {
    pub(super) count: usize,
    pub(super) seed: u64,
}

impl Draws {
    /// Refuses a count outside 1 to 10 million. `name` is what the setting is called in the error.
    pub(super) fn check(self, name: &'static str) -> Result<(), Error> {
        if (1..=MAX_DRAWS).contains(&self.count) {
            return Ok(());
        }
        let found = self.count.to_string();
        Err(Error::InvalidParameter { name, expected: "between 1 and 10 million", found })
    }

    /// The generator of one draw.
    pub(super) fn generator(self, draw: usize) -> ChaCha8Rng {
        self.stream(draw as u64)
    }

    /// The generator of one draw for another purpose, independent of every [`Draws::generator`] of the same seed.
    pub(super) fn second_generator(self, draw: usize) -> ChaCha8Rng {
        self.stream(1 << 40 | draw as u64)
    }

    fn stream(self, stream: u64) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(stream);
        random
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::Rng;

    use super::*;

    #[test]
    fn every_draw_has_numbers_of_its_own_for_either_purpose() {
        let draws = Draws { count: 100, seed: 7 };
        let first = (0..100).map(|draw| draws.generator(draw).next_u64());
        let second = (0..100).map(|draw| draws.second_generator(draw).next_u64());
        assert_eq!(first.chain(second).collect::<HashSet<u64>>().len(), 200);
        assert_eq!(draws.second_generator(5).next_u64(), draws.second_generator(5).next_u64());
    }
}
