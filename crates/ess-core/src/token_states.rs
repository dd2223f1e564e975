//! The states of a text's tokens, beside its sentence embedding.

use ndarray::{Array2, Array3};

use crate::{embeddings::Embeddings, encoding::Encoding, error::Error};

/// `n` texts as the states of their tokens, and their sentence embeddings: what late interaction and attention in
/// f_search read.
///
/// Texts have different numbers of tokens; the states are kept without padding, `T × token_dim` for the `T` tokens of
/// all texts. [`TokenStates::padded`] gives them with padding and mask.
///
/// ```
/// use ess_core::{Embeddings, Encoding, TokenStates};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// // Three components a token; two tokens in the first text, one in the second.
/// let states = TokenStates::from_texts(embeddings, 3, &[vec![0.1; 6], vec![0.2; 3]])?;
/// assert_eq!((states.rows(), states.tokens(0), states.tokens(1)), (2, 2, 1));
/// assert_eq!(states.states(1), [0.2; 3]);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TokenStates {
    embeddings: Embeddings,
    token_dim: usize,
    // n + 1 offsets, from 0, never falling; the last is T.
    starts: Vec<usize>,
    // T × token_dim, finite.
    states: Vec<f32>,
    prompt_tokens: usize,
}

impl TokenStates {
    /// Takes the states of all texts, one after another.
    ///
    /// `starts` says at which token each text starts and where the last one ends: `n + 1` offsets, the first 0. A text
    /// may have no token.
    ///
    /// # Errors
    /// [`Error::Empty`] for a token dimension of 0; [`Error::LengthMismatch`] when there are not `n + 1` starts or not
    /// as many values as they say; [`Error::InvalidParameter`] for starts that fall; [`Error::NonFinite`] with the
    /// token and the column.
    pub fn new(
        embeddings: Embeddings,
        token_dim: usize,
        starts: Vec<usize>,
        states: Vec<f32>,
    ) -> Result<Self, Error> {
        if token_dim == 0 {
            return Err(Error::Empty { what: "dimensions of token states" });
        }
        check_starts(&starts, embeddings.len())?;
        let tokens = starts.last().copied().unwrap_or(0);
        let (what, expected) = ("numbers of token states", tokens.saturating_mul(token_dim));
        if states.len() != expected {
            return Err(Error::LengthMismatch { what, expected, found: states.len() });
        }
        Error::check_finite("token states", &states, token_dim)?;
        Ok(Self { embeddings, token_dim, starts, states, prompt_tokens: 0 })
    }

    /// Takes the states of each text, `T × token_dim`, in order.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when there are not `n` texts or one has no whole number of tokens, and those of
    /// [`TokenStates::new`].
    pub fn from_texts(
        embeddings: Embeddings,
        token_dim: usize,
        texts: &[impl AsRef<[f32]>],
    ) -> Result<Self, Error> {
        let mut starts = vec![0];
        let mut states = Vec::with_capacity(texts.iter().map(|text| text.as_ref().len()).sum());
        for text in texts {
            let (what, text) = ("numbers of a text's token states", text.as_ref());
            let expected = text.len().next_multiple_of(token_dim.max(1));
            if expected != text.len() {
                return Err(Error::LengthMismatch { what, expected, found: text.len() });
            }
            states.extend_from_slice(text);
            starts.push(states.len() / token_dim.max(1));
        }
        Self::new(embeddings, token_dim, starts, states)
    }

    /// Says how many tokens at the start of each text are the encoder's prompt, which some poolings leave out.
    /// Default: 0.
    #[must_use]
    pub fn with_prompt_tokens(mut self, tokens: usize) -> Self {
        self.prompt_tokens = tokens;
        self
    }

    /// The sentence embeddings, `n × d`.
    pub fn embeddings(&self) -> &Embeddings {
        &self.embeddings
    }

    /// The dimension of a token's state.
    pub fn token_dim(&self) -> usize {
        self.token_dim
    }

    /// The states of one text's tokens, `T × token_dim`, row-major.
    ///
    /// # Panics
    /// When `row ≥ n`, as slices do.
    pub fn states(&self, row: usize) -> &[f32] {
        &self.states[self.starts[row] * self.token_dim..self.starts[row + 1] * self.token_dim]
    }

    /// The states of one text's tokens but those of the encoder's prompt, `t × token_dim`, row-major.
    ///
    /// # Panics
    /// When `row ≥ n`, as slices do.
    pub fn own_states(&self, row: usize) -> &[f32] {
        &self.states(row)[self.prompt_tokens.min(self.tokens(row)) * self.token_dim..]
    }

    /// The number of tokens of one text.
    ///
    /// # Panics
    /// When `row ≥ n`, as slices do.
    pub fn tokens(&self, row: usize) -> usize {
        self.starts[row + 1] - self.starts[row]
    }

    /// The number of tokens of the longest text.
    pub fn longest(&self) -> usize {
        self.starts.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0)
    }

    /// At which token of [`TokenStates::packed`] each text starts, and where the last one ends: `n + 1` offsets.
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// The states of all texts one after another, `T × token_dim`, row-major.
    pub fn packed(&self) -> &[f32] {
        &self.states
    }

    /// How many tokens at the start of each text are the encoder's prompt, which its pooling leaves out.
    pub fn prompt_tokens(&self) -> usize {
        self.prompt_tokens
    }

    /// All states, `n × longest × token_dim`, zeros behind a text's end, and which of them are tokens, `n × longest`.
    pub fn padded(&self) -> (Array3<f32>, Array2<bool>) {
        let longest = self.longest();
        let mut states = Array3::zeros((self.rows(), longest, self.token_dim));
        let mut mask = Array2::from_elem((self.rows(), longest), false);
        for row in 0..self.rows() {
            let tokens = self.states(row).chunks_exact(self.token_dim);
            for (position, token) in tokens.enumerate() {
                mask[[row, position]] = true;
                states
                    .slice_mut(ndarray::s![row, position, ..])
                    .iter_mut()
                    .zip(token)
                    .for_each(|(s, t)| *s = *t);
            }
        }
        (states, mask)
    }
}

impl Encoding for TokenStates {
    fn rows(&self) -> usize {
        self.embeddings.len()
    }

    fn select_rows(&self, rows: &[usize]) -> Result<Self, Error> {
        let embeddings = self.embeddings.select(rows)?;
        let texts: Vec<_> = rows.iter().map(|&row| self.states(row)).collect();
        let selected = Self::from_texts(embeddings, self.token_dim, &texts)?;
        Ok(selected.with_prompt_tokens(self.prompt_tokens))
    }
}

fn check_starts(starts: &[usize], texts: usize) -> Result<(), Error> {
    let (what, expected) = ("starts of token states", texts + 1);
    if starts.len() != expected {
        return Err(Error::LengthMismatch { what, expected, found: starts.len() });
    }
    let refuse = |found: String| {
        let expected = "0 first, and none below the one before it";
        Err(Error::InvalidParameter { name: "starts of token states", expected, found })
    };
    if starts[0] != 0 {
        return refuse(format!("{} first", starts[0]));
    }
    match starts.windows(2).find(|pair| pair[1] < pair[0]) {
        Some(pair) => refuse(format!("{} behind {}", pair[1], pair[0])),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embeddings(n: usize) -> Embeddings {
        Embeddings::from_vec((0..2 * n).map(|i| i as f32).collect(), 2).unwrap()
    }

    fn three_texts() -> TokenStates {
        let texts: [&[f32]; 3] = [&[1.0, 2.0, 3.0, 4.0], &[], &[5.0, 6.0]];
        TokenStates::from_texts(embeddings(3), 2, &texts).unwrap().with_prompt_tokens(1)
    }

    #[test]
    fn rows_are_selected_with_their_tokens() {
        let selected = three_texts().select_rows(&[2, 0, 2]).unwrap();
        assert_eq!(selected.starts(), [0, 1, 3, 4]);
        assert_eq!(selected.packed(), [5.0, 6.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(selected.embeddings().row(1), [0.0, 1.0]);
        assert_eq!(selected.prompt_tokens(), 1);
        assert_eq!([selected.own_states(0), selected.own_states(1)], [&[][..], &[3.0, 4.0]]);
        assert!(matches!(three_texts().select_rows(&[3]), Err(Error::RowOutOfRange { row: 3, .. })));
    }

    #[test]
    fn padding_is_zero_and_masked() {
        let (states, mask) = three_texts().padded();
        assert_eq!(states.as_slice().unwrap(), &[1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0, 5.0, 6.0, 0.0, 0.0]);
        assert_eq!(mask.as_slice().unwrap(), &[true, true, false, false, true, false]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let new = |dim, starts: &[usize], states: &[f32]| {
            TokenStates::new(embeddings(2), dim, starts.to_vec(), states.to_vec()).unwrap_err()
        };
        assert!(matches!(new(0, &[0, 0, 0], &[]), Error::Empty { .. }));
        assert!(matches!(new(1, &[0, 1], &[1.0]), Error::LengthMismatch { expected: 3, found: 2, .. }));
        assert!(matches!(new(1, &[1, 1, 1], &[1.0]), Error::InvalidParameter { .. }));
        assert!(matches!(new(1, &[0, 2, 1], &[1.0]), Error::InvalidParameter { .. }));
        assert!(matches!(new(2, &[0, 1, 2], &[1.0; 3]), Error::LengthMismatch { expected: 4, found: 3, .. }));
        assert!(matches!(new(2, &[0, 1, usize::MAX], &[1.0; 3]), Error::LengthMismatch { found: 3, .. }));
        let bad = new(2, &[0, 1, 2], &[1.0, 1.0, 1.0, f32::NAN]);
        assert!(matches!(bad, Error::NonFinite { row: 1, column: 1, .. }));
        let torn = TokenStates::from_texts(embeddings(1), 2, &[[1.0; 3]]);
        assert!(matches!(torn, Err(Error::LengthMismatch { expected: 4, found: 3, .. })));
    }
}
