//! Distances that are compared with what a token means: DeBERTa's disentangled attention (He et al., 2021).

/// What a layer adds to the score of a query and a key, by how far they are apart.
///
/// The query is compared with a key for the distance, and the key with a query for the distance. Both tables are
/// `rows × h d_head`, projected and scaled when the model is loaded.
#[derive(Debug)]
pub(crate) struct Disentangled<M> {
    /// Compared with queries ("content to position").
    pub(crate) keys: Option<M>,
    /// Compared with keys ("position to content").
    pub(crate) queries: Option<M>,
    pub(crate) rows: DistanceRows,
}

/// What the distance of two tokens adds to their score, of one layer.
#[derive(Debug)]
pub(crate) enum Relative<'m, M> {
    /// A number of each head: `buckets × heads`.
    Bias(&'m M),
    Disentangled(&'m Disentangled<M>),
}

impl<M> Clone for Relative<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Relative<'_, M> {}

/// Which row of a table stands for a distance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DistanceRows {
    /// Rows for each direction.
    pub(crate) span: usize,
    /// Where distances share rows: the distance that the last row is for.
    pub(crate) farthest: Option<usize>,
}

impl DistanceRows {
    /// The row for a query `distance` tokens behind its key (negative: before it).
    pub(crate) fn row(&self, distance: isize) -> usize {
        let span = self.span as isize;
        self.bucket(distance).saturating_add(span).clamp(0, 2 * span - 1) as usize
    }

    /// Small distances are exact; larger ones grow logarithmically. In f32, as PyTorch computes it: the last bit decides
    /// where a bucket begins.
    fn bucket(&self, distance: isize) -> isize {
        let middle = (self.span / 2) as isize;
        match self.farthest {
            Some(farthest) if distance.abs() > middle => {
                let whole = ((farthest as f64 - 1.0) / middle as f64) as f32;
                let grown = (distance.abs() as f32 / middle as f32).ln() / whole.ln();
                let bucket = (grown * (middle - 1) as f32).ceil() + middle as f32;
                (bucket * distance.signum() as f32) as isize
            }
            _ => distance,
        }
    }

    /// The rows for the distances `-(length - 1) ..= length - 1`.
    pub(crate) fn of_length(&self, length: usize) -> Vec<usize> {
        let reach = length as isize - 1;
        (-reach..=reach).map(|distance| self.row(distance)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_distances_have_rows_of_their_own_and_far_ones_share_them() {
        let rows = DistanceRows { span: 8, farthest: Some(64) };
        let of = |distances: [isize; 6]| distances.map(|distance| rows.row(distance));
        assert_eq!(of([0, 1, 4, 5, 11, 63]), [8, 9, 12, 13, 14, 15]);
        assert_eq!(of([-1, -4, -5, -11, -63, -900]), [7, 4, 3, 2, 1, 0]);
        let plain = DistanceRows { span: 4, farthest: None };
        assert_eq!(plain.of_length(6), [0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 7]);
    }
}
