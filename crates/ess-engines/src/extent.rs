//! How much an engine holds.

/// The rows that an engine holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Items that can be found.
    pub items: usize,
    /// One more than the largest row there is; 0 without items.
    pub next_row: usize,
}

impl Extent {
    /// The extent of an engine that counts its items but knows no largest row: it is found by asking, some twice as
    /// often as the row has bits, whether there is an item at a row or behind it.
    #[cfg(any(test, feature = "milvus", feature = "qdrant"))]
    pub(crate) fn probed<E>(
        items: usize,
        mut any_from: impl FnMut(i64) -> Result<bool, E>,
    ) -> Result<Self, E> {
        if items == 0 {
            return Ok(Self::default());
        }
        let mut above = items as i64;
        while above < i64::MAX && any_from(above)? {
            above = above.saturating_mul(2);
        }
        // So many items have no largest row below this one.
        let mut last = items as i64 - 1;
        while last + 1 < above {
            let middle = last + (above - last) / 2;
            match any_from(middle)? {
                true => last = middle,
                false => above = middle,
            }
        }
        Ok(Self { items, next_row: above as usize })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_row_is_found() {
        for (items, largest) in [(1, 0), (1, 1), (3, 2), (3, 1_000_000), (7, i64::MAX - 1)] {
            let mut questions = 0;
            let found = Extent::probed(items, |row| {
                questions += 1;
                Ok::<_, ()>(largest >= row)
            });
            assert_eq!(found, Ok(Extent { items, next_row: largest as usize + 1 }));
            assert!(questions < 130);
        }
        assert_eq!(Extent::probed(0, |_| Err(())), Ok(Extent::default()));
    }
}
