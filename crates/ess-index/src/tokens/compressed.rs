//! The vectors of items' tokens in a few bits for each component.

use std::ops::Range;

use ess_core::{Encoding, Error as CoreError, MemoryUse, TokenStates};
use ess_files::Values;
use half::{f16, slice::HalfFloatSliceExt};
use rayon::prelude::*;

use super::{
    codec::Codec,
    max_sim::{QueryTokens, Scratch},
    unit::extend_with_directions,
};
use crate::{error::Error, file::in_memory::InMemory};

/// The vectors of the tokens of `m` items, each as the nearest of some centroids and 1, 2 or 4 bits for each component of the
/// residual, as in ColBERTv2 (Santhanam et al. 2022) and PLAID (2022): `4 + dim · bits / 8` bytes for each token, where f16
/// takes `2 · dim`.
///
/// It is compared with queries by MaxSim, `Σ over tokens t of q of max over tokens u of d of ⟨t, u⟩`, where `u` is of unit norm.
/// The vectors of a candidate are put together by tables of whole bytes, some tokens at a time, and compared while they are in the
/// cache.
///
/// ```
/// use ess_core::{Embeddings, TokenStates};
/// use ess_index::{CompressedTokens, CompressedTokensBuilder, Progress};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let items = TokenStates::from_texts(embeddings, 2, &[vec![1.0, 0.0, 0.6, 0.8], vec![0.0, 1.0]])?;
/// let tokens: CompressedTokens = CompressedTokensBuilder::default().build(&items, Progress::Silent)?;
/// // The first item has both tokens of the query, the second one of them, and the other only nearly.
/// let similarities = tokens.similarities(&[1.0, 0.0, 0.6, 0.8], &[0, 1])?;
/// assert!((similarities[0] - 2.0).abs() < 0.01 && (similarities[1] - 0.8).abs() < 0.01);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CompressedTokens {
    pub(super) codec: Codec,
    // m + 1 indices, from 0, never falling.
    pub(super) starts: Values<u64>,
    pub(super) codes: Values<u32>,
    // codec.bytes() for each token.
    pub(super) residuals: Values<u8>,
    // The vectors at unit norm, T × dim, where they are kept beside the codes.
    pub(super) exact: Option<Values<f16>>,
}

/// Tokens that are encoded together, so that memory does not grow with a part's size.
const TOGETHER: usize = 8192;

impl CompressedTokens {
    /// No items yet.
    pub(super) fn empty(codec: Codec, exact: bool) -> Self {
        let exact = exact.then(|| Vec::new().into());
        Self { codec, starts: vec![0].into(), codes: Vec::new().into(), residuals: Vec::new().into(), exact }
    }

    /// Adds further items, without the tokens of the encoder's prompt and without those whose vector is zeros, such as padding:
    /// they have no direction.
    ///
    /// # Errors
    /// [`CoreError::DimensionMismatch`] for states of another dimension.
    pub fn append(&mut self, items: &TokenStates) -> Result<(), Error> {
        CoreError::check_dim("items' token states", self.dim(), items.token_dim())?;
        let (mut units, mut end) = (Vec::new(), self.tokens() as u64);
        let mut ends = Vec::with_capacity(items.rows());
        for row in 0..items.rows() {
            let before = units.len();
            extend_with_directions(&mut units, items.own_states(row), self.dim());
            end += ((units.len() - before) / self.dim()) as u64;
            ends.push(end);
            if units.len() >= TOGETHER * self.dim() {
                self.push_units(&units);
                units.clear();
            }
        }
        self.push_units(&units);
        self.starts.to_mut().extend(ends);
        Ok(())
    }

    fn push_units(&mut self, units: &[f32]) {
        self.codec.encode(units, self.codes.to_mut(), self.residuals.to_mut());
        if let Some(exact) = &mut self.exact {
            exact.to_mut().extend(units.iter().map(|&x| f16::from_f32(x)));
        }
    }

    /// The number of items, `m`.
    pub fn items(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of tokens of all items.
    pub fn tokens(&self) -> usize {
        self.codes.len()
    }

    /// The dimension of a token's vector.
    pub fn dim(&self) -> usize {
        self.codec.dim()
    }

    /// The bits of a component of a residual: 1, 2 or 4.
    pub fn bits(&self) -> usize {
        self.codec.bits()
    }

    /// The number of centroids.
    pub fn centroids(&self) -> usize {
        self.codec.centroids().len()
    }

    /// Whether the vectors are kept in f16 too, and compared in place of what the codes stand for.
    pub fn keeps_vectors(&self) -> bool {
        self.exact.is_some()
    }

    /// How much memory the tokens take.
    pub fn memory_use(&self) -> MemoryUse {
        let centroids = 2 * std::mem::size_of_val(self.codec.centroids().rows());
        let exact = self.exact.as_ref().map(InMemory::memory_use).unwrap_or_default();
        let parts = [self.starts.memory_use(), self.codes.memory_use(), self.residuals.memory_use(), exact];
        let sum = |of: fn(&MemoryUse) -> usize| parts.iter().map(of).sum::<usize>();
        MemoryUse { owned: sum(|part| part.owned) + centroids, mapped: sum(|part| part.mapped) }
    }

    /// The vectors of an item's tokens as the codes have them, `t × dim` and of unit norm.
    ///
    /// # Errors
    /// [`CoreError::RowOutOfRange`] for an item that does not exist.
    pub fn decoded(&self, item: usize) -> Result<Vec<f32>, CoreError> {
        self.check_item(item)?;
        let (dim, tokens) = (self.dim(), self.range(item));
        let mut vectors = vec![0.0; tokens.len() * dim];
        for (token, vector) in tokens.zip(vectors.chunks_exact_mut(dim)) {
            let norm = self.codec.decode(self.codes[token], self.residual(token), vector);
            let factor = inverse(norm);
            vector.iter_mut().for_each(|x| *x *= factor);
        }
        Ok(vectors)
    }

    /// MaxSim of a query, given as the vectors of its tokens (`t × dim`, row-major), with each of these items; 0 with one that
    /// has no tokens.
    ///
    /// # Errors
    /// [`CoreError::LengthMismatch`] when the length of the query is no multiple of `dim`; [`CoreError::NonFinite`] with its
    /// token and column; [`CoreError::RowOutOfRange`] for an item that does not exist.
    pub fn similarities(&self, query: &[f32], items: &[u32]) -> Result<Vec<f32>, CoreError> {
        let expected = query.len().next_multiple_of(self.dim());
        if expected != query.len() {
            let what = "components of a query's token states";
            return Err(CoreError::LengthMismatch { what, expected, found: query.len() });
        }
        CoreError::check_finite("a query's token states", query, self.dim())?;
        items.iter().try_for_each(|&item| self.check_item(item as usize))?;
        Ok(self.max_sims(query, items))
    }

    /// The same for each query of several, one after another.
    ///
    /// # Errors
    /// As [`CompressedTokens::similarities`], and [`CoreError::DimensionMismatch`].
    pub fn similarities_of(
        &self,
        queries: &TokenStates,
        items: &[Vec<u32>],
    ) -> Result<Vec<Vec<f32>>, CoreError> {
        CoreError::check_dim("queries' token states", self.dim(), queries.token_dim())?;
        let (what, expected, found) = ("queries with items to compare", queries.rows(), items.len());
        if expected != found {
            return Err(CoreError::LengthMismatch { what, expected, found });
        }
        items
            .par_iter()
            .enumerate()
            .map(|(row, items)| self.similarities(queries.own_states(row), items))
            .collect()
    }

    /// MaxSim with items that exist.
    pub(super) fn max_sims(&self, query: &[f32], items: &[u32]) -> Vec<f32> {
        let (query, mut scratch) = (QueryTokens::new(query, self.dim()), Scratch::default());
        let one = |&item: &u32| {
            let tokens = self.range(item as usize);
            let first = tokens.start;
            query.max_sim(tokens.len(), &mut scratch, |token, vector| self.write(first + token, vector))
        };
        items.iter().map(one).collect()
    }

    /// Writes a token's vector, and returns what makes it one of unit norm.
    fn write(&self, token: usize, vector: &mut [f32]) -> f32 {
        let dim = self.dim();
        match &self.exact {
            Some(exact) => {
                exact[token * dim..][..dim].convert_to_f32_slice(vector);
                1.0
            }
            None => inverse(self.codec.decode(self.codes[token], self.residual(token), vector)),
        }
    }

    fn residual(&self, token: usize) -> &[u8] {
        let bytes = self.codec.bytes();
        &self.residuals[token * bytes..][..bytes]
    }

    /// The tokens of an item that exists; none where a damaged file says what cannot be.
    pub(super) fn range(&self, item: usize) -> Range<usize> {
        let [start, end] =
            [self.starts[item], self.starts[item + 1]].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
        if start <= end && end <= self.tokens() { start..end } else { 0..0 }
    }

    fn check_item(&self, item: usize) -> Result<(), CoreError> {
        if item < self.items() {
            return Ok(());
        }
        Err(CoreError::RowOutOfRange { what: "items with token vectors", row: item, len: self.items() })
    }
}

fn inverse(norm: f32) -> f32 {
    if norm > 0.0 { 1.0 / norm } else { 0.0 }
}
