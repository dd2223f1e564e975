//! The trait of similarities between an item and a query of several vectors.

use std::fmt::Debug;

/// A similarity of Eq. 1 between an item and a query of `r` vectors in the item space and `e` values beside them.
///
/// The item enters by its inner products with the vectors alone. So items stay frozen, an index of inner products answers a first
/// pass, and the exact score of an item costs `r` inner products. A query is one row of `width = r · d_item + e` values: its vectors
/// one after another, then the values beside them. A [`SearchModule`](crate::SearchModule) that returns such rows says so by
/// [`SearchModule::scoring`](crate::SearchModule::scoring).
///
/// [`Mixture`](crate::Mixture) is the Poly-encoder's, [`Neurons`](crate::Neurons) that of a small network over the item.
///
/// ```
/// use ess_core::{Embeddings, Scored, Scoring, Similarity};
///
/// /// The larger of two inner products.
/// #[derive(Debug)]
/// struct Larger;
///
/// impl Scoring for Larger {
///     fn vectors(&self) -> usize { 2 }
///     fn searched(&self) -> usize { 2 }
///     fn scores(&self, products: &[f32], _values: &[f32], scores: &mut [f32]) {
///         let (first, second) = products.split_at(scores.len());
///         for ((score, a), b) in scores.iter_mut().zip(first).zip(second) {
///             *score = a.max(*b);
///         }
///     }
///     fn slopes(&self, products: &mut [f32], _values: &[f32], slopes: &[f32], _of_values: &mut [f32]) {
///         let (first, second) = products.split_at_mut(slopes.len());
///         for ((slope, a), b) in slopes.iter().zip(first).zip(second) {
///             (*a, *b) = if a > b { (*slope, 0.0) } else { (0.0, *slope) };
///         }
///     }
/// }
///
/// let query = Embeddings::from_rows(&[[1.0, 0.0, 0.0, 1.0]])?;
/// let items = Embeddings::from_rows(&[[0.2, 0.9], [0.5, 0.1]])?;
/// assert_eq!(Scored::new(&Larger).similarities(&query, &items)?.as_slice(), Some(&[0.9, 0.5][..]));
/// # Ok::<(), ess_core::Error>(())
/// ```
pub trait Scoring: Debug + Send + Sync {
    /// The number of vectors of a query, `r`, at least 1.
    fn vectors(&self) -> usize;

    /// How many values a query has beside its vectors, `e`. Default: 0.
    #[doc(alias = "numbers")]
    fn values(&self) -> usize {
        0
    }

    /// How many of the vectors, from the first, a first pass searches with; between 1 and `r`. Default: 1.
    fn searched(&self) -> usize {
        1
    }

    /// The scores of `k` items (`k` is the length of `scores`) for one query: from the products of its vectors and the items
    /// (`r × k`, row-major) and its values (`e`).
    fn scores(&self, products: &[f32], values: &[f32], scores: &mut [f32]);

    /// The derivatives of `Σᵢ slopesᵢ · scoreᵢ`: `products` (`r × k`) become the derivatives with respect to themselves, and those
    /// with respect to the values (`e`) are added to `of_values`.
    fn slopes(&self, products: &mut [f32], values: &[f32], slopes: &[f32], of_values: &mut [f32]);

    /// A bound of the score of every item whose products with the vectors of the first pass are at most these; `None` where there is
    /// none. With it a search can prove that no other item belongs to the best.
    fn bound(&self, products: &[f32], values: &[f32]) -> Option<f32> {
        let _ = (products, values);
        None
    }

    /// The length of a query's row for items of this dimension: `r · d_item + e`.
    fn width(&self, item_dim: usize) -> usize {
        self.vectors() * item_dim + self.values()
    }
}
