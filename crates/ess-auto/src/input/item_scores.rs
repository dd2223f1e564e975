//! What another system scores of the items.

use std::collections::BTreeSet;

use ess_core::Error;

/// Of each of `n` queries the items that another system scored, by row and ascending, with their scores: the larger the better.
///
/// ```
/// use ess_auto::ItemScores;
///
/// assert!(ItemScores::new(vec![vec![(7, 0.9), (2, 0.4)], vec![]]).is_ok());
/// assert!(ItemScores::new(vec![vec![(7, 0.9), (7, 0.4)]]).is_err());
/// assert!(ItemScores::new(vec![vec![(7, f32::NAN)]]).is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ItemScores(Vec<Vec<(u32, f32)>>);

impl ItemScores {
    /// Takes the items of each query in any order.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for a score that is no number, [`Error::InvalidParameter`] for an item that stands twice,
    /// [`Error::RowOutOfRange`] for one that no collection has.
    pub fn new(scores: Vec<Vec<(usize, f32)>>) -> Result<Self, Error> {
        scores
            .into_iter()
            .enumerate()
            .map(|(row, scores)| of_query(row, scores))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(crate) fn rows(&self) -> usize {
        self.0.len()
    }

    /// The items of a query, ascending.
    pub(crate) fn row(&self, row: usize) -> &[(u32, f32)] {
        &self.0[row]
    }

    /// All items, of all queries.
    pub(crate) fn items(&self) -> impl Iterator<Item = usize> {
        self.0.iter().flatten().map(|(item, _)| *item as usize)
    }

    pub(crate) fn select(&self, rows: &[usize]) -> Result<Self, Error> {
        let (what, len) = ("selected queries with scores", self.0.len());
        let row = |&row: &usize| self.0.get(row).cloned().ok_or(Error::RowOutOfRange { what, row, len });
        rows.iter().map(row).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn join(&self, other: &Self) -> Self {
        Self([&self.0[..], &other.0].concat())
    }
}

fn of_query(row: usize, scores: Vec<(usize, f32)>) -> Result<Vec<(u32, f32)>, Error> {
    let (mut seen, mut kept) = (BTreeSet::new(), Vec::with_capacity(scores.len()));
    for (column, (item, value)) in scores.into_iter().enumerate() {
        if !value.is_finite() {
            return Err(Error::NonFinite { what: "scores of items", row, column, value });
        }
        if !seen.insert(item) {
            let (name, expected) = ("item that is scored", "one that stands once for a query");
            return Err(Error::InvalidParameter { name, expected, found: format!("{item} in row {row}") });
        }
        let (what, len) = ("items that are scored", u32::MAX as usize);
        let item = u32::try_from(item).map_err(|_| Error::RowOutOfRange { what, row: item, len })?;
        kept.push((item, value));
    }
    kept.sort_unstable_by_key(|(item, _)| *item);
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_ascend_and_what_is_none_is_refused() {
        let scores = ItemScores::new(vec![vec![(7, 0.5), (2, -1.0)], vec![]]).unwrap();
        assert_eq!(scores.row(0), [(2, -1.0), (7, 0.5)]);
        assert_eq!(scores.select(&[1, 0]).unwrap().join(&scores).rows(), 4);
        assert!(matches!(scores.select(&[2]), Err(Error::RowOutOfRange { row: 2, len: 2, .. })));
        let new = |scores: &[(usize, f32)]| ItemScores::new(vec![scores.to_vec()]).unwrap_err();
        assert!(matches!(new(&[(1, 0.0), (2, f32::NAN)]), Error::NonFinite { row: 0, column: 1, .. }));
        assert!(matches!(new(&[(1, 0.0), (1, 1.0)]), Error::InvalidParameter { .. }));
        assert!(matches!(new(&[(usize::MAX, 0.0)]), Error::RowOutOfRange { .. }));
    }
}
