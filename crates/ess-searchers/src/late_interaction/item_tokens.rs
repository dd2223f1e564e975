//! The token states of items, for late interaction.

use ess_core::{Encoding, Error, TokenStates};
use half::{f16, slice::HalfFloatSliceExt};
use ndarray::{Array2, ArrayView2};

/// The token states of `m` items, for late interaction. The similarity of a query and an item compares each token of the query
/// with the token of the item that is most similar to it:
///
/// `Σ over tokens t of q of |t| · max over tokens u of d of cos(t, u)`, over `Σ |t|`.
///
/// The sum over tokens is that of ColBERT (Khattab and Zaharia, SIGIR 2020), where the encoder of the tokens is trained for
/// it. Here the encoder is frozen. Division by `Σ |t|` makes the sum a weighted mean, so similarities are as large as cosines.
/// A token weighs as much as its norm, as it does when a sentence embedding is the mean of its tokens.
///
/// One vector of a long text is a mean over the whole text; token states keep each word in its context.
///
/// States are kept at unit norm in half precision: `2 · token_dim` bytes for each token. Texts of 200 tokens take about 100
/// times the memory of their embeddings. The similarity is 0 for a query or an item without tokens.
///
/// ```
/// use ess_core::{Embeddings, TokenStates};
/// use ess_searchers::ItemTokens;
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let items = TokenStates::from_texts(embeddings, 2, &[vec![2.0, 0.0, 0.0, 3.0], vec![0.0, 1.0]])?;
/// let items = ItemTokens::new(&items)?;
/// // A query of one token, which both items have, and of another, which the first alone has.
/// assert_eq!(items.similarities(&[0.0, 1.0, 1.0, 0.0], &[0, 1])?, [1.0, 0.5]);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ItemTokens {
    dim: usize,
    // m + 1 indices, from 0, never falling.
    starts: Vec<usize>,
    // Of unit norm, or zero.
    states: Vec<f16>,
}

impl ItemTokens {
    /// The token states of all items, without those of the encoder's prompt.
    ///
    /// # Errors
    /// Those of [`ItemTokens::of_dim`].
    pub fn new(items: &TokenStates) -> Result<Self, Error> {
        let mut tokens = Self::of_dim(items.token_dim())?;
        tokens.append(items)?;
        Ok(tokens)
    }

    /// No items yet, for states of this dimension. [`ItemTokens::append`] adds items part by part, so that only one part is in
    /// memory in full precision.
    ///
    /// # Errors
    /// [`Error::Empty`] for a dimension of 0.
    pub fn of_dim(dim: usize) -> Result<Self, Error> {
        if dim == 0 {
            return Err(Error::Empty { what: "dimensions of items' token states" });
        }
        Ok(Self { dim, starts: vec![0], states: Vec::new() })
    }

    /// Reserves memory for this number of further tokens.
    pub fn reserve(&mut self, tokens: usize) {
        self.states.reserve_exact(tokens.saturating_mul(self.dim));
    }

    /// Adds the token states of further items, without those of the encoder's prompt.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] for states of another dimension.
    pub fn append(&mut self, items: &TokenStates) -> Result<(), Error> {
        Error::check_dim("items' token states", self.dim, items.token_dim())?;
        for row in 0..items.rows() {
            for state in items.own_states(row).chunks_exact(self.dim) {
                self.states.extend(unit(state).map(f16::from_f32));
            }
            self.starts.push(self.states.len() / self.dim);
        }
        Ok(())
    }

    /// The number of items, `m`.
    pub fn items(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of tokens of all items.
    pub fn tokens(&self) -> usize {
        self.starts[self.items()]
    }

    /// The dimension of a token's state.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The index of the first token of each item, and the number of all tokens last: `m + 1` indices.
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// The states of all `T` tokens in half precision, at unit norm or zero: `T × token_dim`, row-major.
    pub fn states(&self) -> &[f16] {
        &self.states
    }

    /// The similarity of a query, given as the states of its tokens (`t × token_dim`, row-major), to each of these items.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the length of the query is no multiple of `token_dim`; [`Error::NonFinite`] with its token and column;
    /// [`Error::RowOutOfRange`] for an item that does not exist.
    pub fn similarities(&self, query: &[f32], items: &[u32]) -> Result<Vec<f32>, Error> {
        let expected = query.len().next_multiple_of(self.dim);
        if expected != query.len() {
            let what = "components of a query's token states";
            return Err(Error::LengthMismatch { what, expected, found: query.len() });
        }
        Error::check_finite("a query's token states", query, self.dim)?;
        let lengths: f64 = query.chunks_exact(self.dim).map(length).sum();
        let factor = if lengths > 0.0 { 1.0 / lengths } else { 0.0 };
        let scaled: Vec<f32> = query.iter().map(|&x| (f64::from(x) * factor) as f32).collect();
        let shape = (query.len() / self.dim, self.dim);
        let query = Array2::from_shape_vec(shape, scaled).map_err(Error::external)?;
        let mut scratch = Vec::new();
        items.iter().map(|&item| self.similarity(query.view(), item as usize, &mut scratch)).collect()
    }

    /// The similarity to one item, of a query whose tokens' norms sum to 1.
    fn similarity(
        &self,
        query: ArrayView2<'_, f32>,
        item: usize,
        scratch: &mut Vec<f32>,
    ) -> Result<f32, Error> {
        if item >= self.items() {
            let (what, len) = ("items with token states", self.items());
            return Err(Error::RowOutOfRange { what, row: item, len });
        }
        let tokens = self.starts[item]..self.starts[item + 1];
        if tokens.is_empty() {
            return Ok(0.0);
        }
        let states = &self.states[tokens.start * self.dim..tokens.end * self.dim];
        scratch.resize(states.len(), 0.0);
        states.convert_to_f32_slice(scratch);
        let states =
            ArrayView2::from_shape((tokens.len(), self.dim), &scratch[..]).map_err(Error::external)?;
        let products = query.dot(&states.t());
        let best = products.rows().into_iter().map(|row| row.iter().copied().fold(f32::MIN, f32::max));
        Ok(best.sum())
    }
}

fn length(state: &[f32]) -> f64 {
    state.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt()
}

/// The state at unit norm; zeros as they are.
fn unit(state: &[f32]) -> impl Iterator<Item = f32> + '_ {
    let length = length(state);
    let factor = if length > 0.0 { 1.0 / length } else { 0.0 };
    state.iter().map(move |&x| (f64::from(x) * factor) as f32)
}

#[cfg(test)]
mod tests {
    use ess_core::Embeddings;
    use proptest::prelude::*;

    use super::*;

    fn states(texts: &[Vec<f32>], dim: usize) -> TokenStates {
        let embeddings = Embeddings::from_vec(vec![1.0; texts.len()], 1).unwrap();
        TokenStates::from_texts(embeddings, dim, texts).unwrap()
    }

    fn cosine(a: &[f32], b: &[f32]) -> f32 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
        let lengths = (dot(a, a) * dot(b, b)).sqrt();
        if lengths > 0.0 { dot(a, b) / lengths } else { 0.0 }
    }

    proptest! {
        #[test]
        fn each_token_finds_the_most_similar_one(
            items in prop::collection::vec(prop::collection::vec(prop::array::uniform3(-4_i8..4), 0..6), 1..5),
            query in prop::collection::vec(prop::array::uniform3(-4_i8..4), 0..4),
            parts in 1_usize..4,
        ) {
            let flat = |text: &Vec<[i8; 3]>| text.iter().flatten().map(|&x| f32::from(x)).collect::<Vec<_>>();
            let texts: Vec<Vec<f32>> = items.iter().map(flat).collect();
            let mut tokens = ItemTokens::of_dim(3).unwrap();
            for part in texts.chunks(parts) {
                tokens.append(&states(part, 3)).unwrap();
            }
            prop_assert_eq!((tokens.items(), tokens.tokens()), (items.len(), items.iter().map(Vec::len).sum()));
            let query = flat(&query);
            let rows: Vec<u32> = (0..items.len() as u32).collect();
            let found = tokens.similarities(&query, &rows).unwrap();
            for (found, text) in found.iter().zip(&texts) {
                let weight = |token: &[f32]| length(token) as f32;
                let lengths: f32 = query.chunks(3).map(weight).sum();
                let best = |token: &[f32]| text.chunks(3).map(|state| cosine(token, state)).fold(-1.0, f32::max);
                let sum = query.chunks(3).map(|token| weight(token) * best(token)).sum::<f32>();
                let expected = if text.is_empty() || lengths == 0.0 { 0.0 } else { sum / lengths };
                prop_assert!((found - expected).abs() < 2e-3, "{} {}", found, expected);
            }
        }
    }

    #[test]
    fn tokens_of_a_prompt_are_left_out() {
        let texts = [vec![1.0, 0.0, 0.0, 2.0], vec![1.0, 0.0]];
        let tokens = ItemTokens::new(&states(&texts, 2).with_prompt_tokens(1)).unwrap();
        assert_eq!((tokens.starts(), tokens.tokens()), (&[0, 1, 1][..], 1));
        assert_eq!(tokens.similarities(&[1.0, 0.0], &[0, 1]).unwrap(), [0.0, 0.0]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(matches!(ItemTokens::of_dim(0), Err(Error::Empty { .. })));
        let mut tokens = ItemTokens::new(&states(&[vec![1.0, 0.0]], 2)).unwrap();
        let other = tokens.append(&states(&[vec![1.0; 3]], 3));
        assert!(matches!(other, Err(Error::DimensionMismatch { expected: 2, found: 3, .. })));
        assert!(matches!(tokens.similarities(&[1.0; 3], &[0]), Err(Error::LengthMismatch { .. })));
        assert!(matches!(tokens.similarities(&[f32::NAN, 1.0], &[0]), Err(Error::NonFinite { .. })));
        let beyond = tokens.similarities(&[1.0, 1.0], &[0, 1]);
        assert!(matches!(beyond, Err(Error::RowOutOfRange { row: 1, len: 1, .. })));
    }
}
