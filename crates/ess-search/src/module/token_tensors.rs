//! Token states as tensors on a device.

use burn::tensor::{Bool, Device, Tensor, TensorData};
use ess_core::{Encoding, SentenceIdentity, TokenStates};

use super::{device_encoding::DeviceEncoding, persistent::PersistentModule, registry::Registry};
use crate::{device::host_copy::indices, error::Error};

/// The sentence embeddings of `n` texts and the states of their tokens on a device, without padding.
///
/// The number of tokens of each text is known on the host, so no module has to compute on padding.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, TokenStates};
/// use ess_search::DeviceEncoding;
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let states = TokenStates::from_texts(embeddings, 3, &[vec![0.1; 6], vec![0.2; 3]])?;
/// let tensors = states.to_tensors(&Device::flex());
/// assert_eq!(tensors.embeddings().dims(), [2, 2]);
/// assert_eq!(tensors.packed().dims(), [3, 3]);
/// let (states, is_token) = tensors.padded();
/// assert_eq!((states.dims(), is_token.dims()), ([2, 2, 3], [2, 2]));
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TokenTensors {
    embeddings: Tensor<2>,
    // One row of zeros where no text has a token, because no dimension of a tensor may be 0.
    states: Tensor<2>,
    starts: Vec<usize>,
    prompt_tokens: usize,
}

impl TokenTensors {
    /// The sentence embeddings, `n × d`.
    pub fn embeddings(&self) -> Tensor<2> {
        self.embeddings.clone()
    }

    /// The concatenated states of all texts, `T × token_dim`; one row of zeros where no text has a token.
    pub fn packed(&self) -> Tensor<2> {
        self.states.clone()
    }

    /// The index of the first token of each text in [`TokenTensors::packed`], and the end of the last text: `n + 1`
    /// indices.
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// The number of tokens of each text, in order.
    pub fn lengths(&self) -> impl ExactSizeIterator<Item = usize> + Clone {
        self.starts.windows(2).map(|pair| pair[1] - pair[0])
    }

    /// The number of tokens at the start of each text that are the encoder's prompt. Its pooling leaves them out.
    pub fn prompt_tokens(&self) -> usize {
        self.prompt_tokens
    }

    /// All states, `n × longest × token_dim`, padded with zeros, and a mask of the tokens, `n × longest`. `longest`
    /// is at least 1.
    pub fn padded(&self) -> (Tensor<3>, Tensor<2, Bool>) {
        let texts = self.starts.len() - 1;
        let longest = self.lengths().max().unwrap_or(0).max(1);
        let (mut tokens, mut is_token) = (Vec::new(), Vec::new());
        for pair in self.starts.windows(2) {
            tokens.extend((pair[0]..pair[1]).map(|token| token as i64));
            is_token.extend((0..longest).map(|position| position < pair[1] - pair[0]));
            tokens.resize(is_token.len(), 0);
        }
        let device = self.states.device();
        let is_token = Tensor::<2, Bool>::from_data(TensorData::new(is_token, [texts, longest]), &device);
        let states = self.states.clone().select(0, indices(tokens, &device));
        let states = states.reshape([texts as i64, longest as i64, -1]);
        let padding = is_token.clone().bool_not().unsqueeze_dim::<3>(2).expand(states.dims());
        (states.mask_fill(padding, 0.0), is_token)
    }

    fn select(&self, rows: &[usize]) -> Self {
        let device = self.states.device();
        let mut starts = vec![0];
        let mut tokens = Vec::new();
        for &row in rows {
            tokens.extend((self.starts[row]..self.starts[row + 1]).map(|token| token as i64));
            starts.push(tokens.len());
        }
        if tokens.is_empty() {
            tokens.push(0);
        }
        let rows = rows.iter().map(|&row| row as i64).collect();
        Self {
            embeddings: self.embeddings.clone().select(0, indices(rows, &device)),
            states: self.states.clone().select(0, indices(tokens, &device)),
            starts,
            prompt_tokens: self.prompt_tokens,
        }
    }
}

/// 1 where there is no token, 0 where there is one, `n × longest`.
pub(crate) fn padding_of(is_token: Tensor<2, Bool>) -> Tensor<2> {
    is_token.bool_not().float()
}

/// Refuses token states of dimensions that a module does not read.
pub(crate) fn check_token_states(
    states: &TokenStates,
    token_dim: usize,
    sentence_dim: usize,
) -> Result<(), Error> {
    let (tokens, sentences) =
        ("token states given to a searching module", "sentence embeddings beside token states");
    ess_core::Error::check_dim(tokens, token_dim, states.token_dim())?;
    Ok(ess_core::Error::check_dim(sentences, sentence_dim, states.embeddings().dim())?)
}

impl DeviceEncoding for TokenStates {
    type Tensors = TokenTensors;

    /// The dimension of a token's state.
    fn dim(&self) -> usize {
        self.token_dim()
    }

    fn identity(&self, item_dim: usize) -> Option<Box<dyn PersistentModule<Self>>> {
        let same = self.embeddings().dim() == item_dim;
        same.then(|| Box::new(SentenceIdentity::new(self.token_dim(), item_dim)) as _)
    }

    fn registry() -> Registry<Self> {
        Registry::token_states()
    }

    fn join(&self, other: &Self) -> Result<Self, Error> {
        ess_core::Error::check_dim("token states that are joined", self.token_dim(), other.token_dim())?;
        if self.prompt_tokens() != other.prompt_tokens() {
            return Err(Error::Core(ess_core::Error::LengthMismatch {
                what: "tokens of the prompt in token states that are joined",
                expected: self.prompt_tokens(),
                found: other.prompt_tokens(),
            }));
        }
        let embeddings = self.embeddings().join(other.embeddings())?;
        let end = self.starts()[self.rows()];
        let others = other.starts()[1..].iter().map(|start| end + start);
        let starts = self.starts().iter().copied().chain(others).collect();
        let states = [self.packed(), other.packed()].concat();
        let joined = Self::new(embeddings, self.token_dim(), starts, states)?;
        Ok(joined.with_prompt_tokens(self.prompt_tokens()))
    }

    fn to_tensors(&self, device: &Device) -> TokenTensors {
        let dim = self.token_dim();
        let states = if self.packed().is_empty() { vec![0.0; dim] } else { self.packed().to_vec() };
        let shape = [states.len() / dim, dim];
        TokenTensors {
            embeddings: self.embeddings().to_tensors(device),
            states: Tensor::from_data(TensorData::new(states, shape), device),
            starts: self.starts().to_vec(),
            prompt_tokens: self.prompt_tokens(),
        }
    }

    fn select(tensors: &TokenTensors, rows: &[usize]) -> TokenTensors {
        tensors.select(rows)
    }

    /// The number of texts whose attention scores, token by token, are at most about 4 million for each head.
    fn rows_at_once(&self) -> usize {
        const SCORES: usize = 1 << 22;
        (SCORES / self.longest().max(1).pow(2)).clamp(1, 8192)
    }

    fn largest_part(&self) -> usize {
        self.packed().len().max(self.rows() * self.embeddings().dim())
    }
}

#[cfg(test)]
mod tests {
    use ess_core::{Embeddings, SearchModule};

    use super::*;
    use crate::{device::host_copy::values_of, module::registry::Registry};

    fn three_texts() -> TokenStates {
        let embeddings = Embeddings::from_rows(&[[1.0], [2.0], [3.0]]).unwrap();
        let texts: [&[f32]; 3] = [&[1.0, 2.0, 3.0, 4.0], &[], &[5.0, 6.0]];
        TokenStates::from_texts(embeddings, 2, &texts).unwrap()
    }

    #[test]
    fn padded_tensors_are_those_of_the_host() {
        let (states, is_token) = three_texts().to_tensors(&Device::flex()).padded();
        let (expected, mask) = three_texts().padded();
        assert_eq!(states.dims(), [3, 2, 2]);
        assert_eq!(values_of(states).unwrap(), expected.as_slice().unwrap());
        assert_eq!(is_token.into_data().try_to_vec::<bool>().unwrap(), mask.as_slice().unwrap());
    }

    #[test]
    fn rows_selected_on_the_device_are_those_selected_on_the_host() {
        let tensors = three_texts().to_tensors(&Device::flex());
        for rows in [&[2, 0, 0][..], &[1]] {
            let found = TokenStates::select(&tensors, rows);
            let expected = three_texts().select_rows(rows).unwrap();
            assert_eq!(found.starts(), expected.starts());
            assert_eq!(values_of(found.embeddings()).unwrap(), expected.embeddings().as_slice());
            assert_eq!(
                values_of(found.padded().0).unwrap().len(),
                rows.len() * expected.longest().max(1) * 2
            );
            let packed = values_of(found.packed()).unwrap();
            assert_eq!(&packed[..expected.packed().len()], expected.packed());
        }
    }

    #[test]
    fn joined_states_are_those_of_both() {
        let joined = three_texts().join(&three_texts().select_rows(&[2, 1]).unwrap()).unwrap();
        assert_eq!(joined, three_texts().select_rows(&[0, 1, 2, 2, 1]).unwrap());
        assert!(three_texts().join(&three_texts().with_prompt_tokens(1)).is_err());
    }

    #[test]
    fn the_identity_is_saved_and_built_again() {
        let identity = three_texts().identity(1).unwrap();
        let built = Registry::token_states().build(&identity.to_state().unwrap(), &Device::flex()).unwrap();
        assert_eq!(&built.apply(&three_texts()).unwrap(), three_texts().embeddings());
        assert!(three_texts().identity(2).is_none());
    }
}
