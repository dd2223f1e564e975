//! Parts of a set of queries, and two sets as one.

use ess_core::Encoding;
use ess_search::DeviceEncoding;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::definition::QuerySet;
use crate::error::Error;

impl<E: Encoding> QuerySet<E> {
    /// The named queries, in the order given; a query may be named twice.
    ///
    /// # Errors
    /// [`Error::Core`] for a row beyond the end or no row at all.
    pub fn select(&self, rows: &[usize]) -> Result<Self, Error> {
        let encodings = self.encodings.select_rows(rows)?;
        Ok(Self {
            encodings,
            judgements: rows.iter().map(|&row| self.judgements[row].clone()).collect(),
            teacher: chosen(&self.teacher, rows),
            negatives: chosen(&self.negatives, rows),
            weights: chosen(&self.weights, rows),
            rows: if self.rows.is_empty() { rows.to_vec() } else { chosen(&self.rows, rows) },
            left_out: chosen(&self.left_out, rows),
        })
    }

    /// As many queries, drawn with replacement: what bagging trains a member on.
    ///
    /// # Errors
    /// None in practice; the signature is that of [`QuerySet::select`].
    pub fn resampled(&self, seed: u64) -> Result<Self, Error> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let rows: Vec<usize> = (0..self.len()).map(|_| random.random_range(0..self.len())).collect();
        self.select(&rows)
    }
}

impl<E: DeviceEncoding> QuerySet<E> {
    /// The queries of both, these first.
    ///
    /// # Errors
    /// [`Error::Search`] when the dimensions differ.
    pub fn join(&self, other: &Self) -> Result<Self, Error> {
        let encodings = self.encodings.join(&other.encodings)?;
        let (these, those) = (self.len(), other.len());
        let weights =
            |set: &Self| if set.weights.is_empty() { vec![1.0; set.len()] } else { set.weights.clone() };
        let weighed = !(self.weights.is_empty() && other.weights.is_empty());
        let left_out =
            |set: &Self| if set.left_out.is_empty() { vec![None; set.len()] } else { set.left_out.clone() };
        let leaves_out = !(self.left_out.is_empty() && other.left_out.is_empty());
        let placed = !(self.rows.is_empty() && other.rows.is_empty());
        Ok(Self {
            encodings,
            judgements: [&self.judgements[..], &other.judgements].concat(),
            teacher: joined((&self.teacher, these), (&other.teacher, those)),
            negatives: joined((&self.negatives, these), (&other.negatives, those)),
            weights: if weighed { [weights(self), weights(other)].concat() } else { Vec::new() },
            rows: if placed { [self.rows(), other.rows()].concat() } else { Vec::new() },
            left_out: if leaves_out { [left_out(self), left_out(other)].concat() } else { Vec::new() },
        })
    }
}

/// The named ones; none where there are none.
fn chosen<T: Clone>(lists: &[T], rows: &[usize]) -> Vec<T> {
    if lists.is_empty() {
        return Vec::new();
    }
    rows.iter().map(|&row| lists[row].clone()).collect()
}

/// The lists of both, each with its number of queries; empty lists for the side that has none.
fn joined<T: Clone>(these: (&[Vec<T>], usize), those: (&[Vec<T>], usize)) -> Vec<Vec<T>> {
    if these.0.is_empty() && those.0.is_empty() {
        return Vec::new();
    }
    let filled = |(lists, len): (&[Vec<T>], usize)| {
        if lists.is_empty() { vec![Vec::new(); len] } else { lists.to_vec() }
    };
    [filled(these), filled(those)].concat()
}

#[cfg(test)]
mod tests {
    use ess_core::Embeddings;

    use super::*;
    use crate::data::judgement::Judgement;

    fn judged(item: usize, grade: i32) -> Judgement {
        Judgement { item, grade }
    }

    #[test]
    fn queries_are_selected_joined_and_resampled_with_their_judgements() {
        let encodings = Embeddings::from_rows(&[[0.0], [1.0], [2.0]]).unwrap();
        let queries = QuerySet::new(encodings, (0..3).map(|i| vec![judged(i, 1)]).collect()).unwrap();
        let joined = queries.select(&[2]).unwrap().join(&queries.select(&[0, 0]).unwrap()).unwrap();
        assert_eq!(joined.encodings().as_slice(), &[2.0, 0.0, 0.0]);
        let resampled = queries.resampled(5).unwrap();
        assert_eq!(resampled.len(), 3);
        for (row, judged) in resampled.encodings().rows().zip(resampled.judgements()) {
            assert_eq!(row[0] as usize, judged[0].item);
        }
    }
}
