//! Reading the token states of a store.

use std::ops::Range;

use ess_core::TokenStates;

use super::{layout::TokenLayout, mapped::MappedStore};
use crate::{error::Error, row_range::check_rows};

impl MappedStore {
    /// The dimension of a token's state; `None` for a store without token states.
    pub fn token_dim(&self) -> Option<usize> {
        self.layout.tokens.as_ref().map(|tokens| tokens.shape.dim)
    }

    /// The number of tokens of all rows together; `None` for a store without token states.
    pub fn token_count(&self) -> Option<usize> {
        self.layout.tokens.as_ref().map(|tokens| tokens.shape.count)
    }

    /// Copies the token states and sentence embeddings of some rows that follow each other, as `f32`: memory for those
    /// rows.
    ///
    /// # Errors
    /// [`Error::Format`] for a store without token states or with a row that ends before it starts;
    /// [`Error::NonFinite`] with the row of the embedding or the token of the whole store, and the column;
    /// [`ess_core::Error::Empty`] and [`ess_core::Error::RowOutOfRange`] for a wrong range.
    pub fn token_states(&self, rows: Range<usize>) -> Result<TokenStates, Error> {
        let tokens = self.token_layout()?;
        let embeddings = self.rows(rows.clone())?;
        let first = self.token_start(tokens, rows.start);
        let starts = rows.clone().map(|row| self.token_range(tokens, row)).collect::<Result<Vec<_>, _>>()?;
        let starts: Vec<usize> =
            [0].into_iter().chain(starts.iter().map(|range| range.end - first)).collect();
        let token_bytes = tokens.shape.dim * self.dtype().size();
        let end = first + starts[starts.len() - 1];
        let bytes = &self.file[tokens.states.clone()][first * token_bytes..end * token_bytes];
        let states = TokenStates::new(embeddings, tokens.shape.dim, starts, self.dtype().decode(bytes))
            .map_err(|error| Error::in_rows(error, &self.path, first))?;
        Ok(states.with_prompt_tokens(tokens.shape.prompt_tokens))
    }

    /// Copies the token states of the named rows, in the order given, as `f32`; a row may be named twice.
    ///
    /// # Errors
    /// As [`MappedStore::token_states`].
    pub fn select_token_states(&self, rows: &[usize]) -> Result<TokenStates, Error> {
        let (tokens, embeddings) = (self.token_layout()?, self.select(rows)?);
        let one = |&row: &usize| self.token_states(row..row.saturating_add(1));
        let states = rows.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        let texts: Vec<&[f32]> = states.iter().map(TokenStates::packed).collect();
        let states = TokenStates::from_texts(embeddings, tokens.shape.dim, &texts)?;
        Ok(states.with_prompt_tokens(tokens.shape.prompt_tokens))
    }

    /// All token states and sentence embeddings, as `f32`.
    ///
    /// # Errors
    /// As [`MappedStore::token_states`].
    pub fn to_token_states(&self) -> Result<TokenStates, Error> {
        self.token_states(0..self.len())
    }

    /// The rows end in order, the last with the last token, and all components are finite.
    pub(super) fn verify_tokens(&self) -> Result<(), Error> {
        let Some(tokens) = &self.layout.tokens else {
            return Ok(());
        };
        let end = self.token_start(tokens, self.len());
        if end != tokens.shape.count {
            let expected = format!("the last row to end with token {}", tokens.shape.count);
            return Err(Error::format(&self.path, expected, end.to_string()));
        }
        (0..self.len()).try_for_each(|row| self.token_states(row..row + 1).map(drop))
    }

    fn token_layout(&self) -> Result<&TokenLayout, Error> {
        let none = || Error::format(&self.path, "a store with token states", "one without");
        self.layout.tokens.as_ref().ok_or_else(none)
    }

    fn token_start(&self, tokens: &TokenLayout, row: usize) -> usize {
        row.checked_sub(1).map_or(0, |before| self.number(&tokens.ends, before))
    }

    /// The tokens of a row, checked against the file.
    fn token_range(&self, tokens: &TokenLayout, row: usize) -> Result<Range<usize>, Error> {
        check_rows("token states of a store", &(row..row.saturating_add(1)), self.len())?;
        let (start, end) = (self.token_start(tokens, row), self.number(&tokens.ends, row));
        if start <= end && end <= tokens.shape.count {
            return Ok(start..end);
        }
        let expected = format!("row {row} to end between tokens {start} and {}", tokens.shape.count);
        Err(Error::format(&self.path, expected, format!("at {end}")))
    }
}
