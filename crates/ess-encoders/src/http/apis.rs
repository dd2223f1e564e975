//! The APIs that settings call by name.

mod cohere;
mod openai;
mod tei;
mod voyage;

use std::sync::Arc;

use ess_core::{NameError, NameTable};

use self::{cohere::Cohere, openai::OpenAi, tei::Tei, voyage::Voyage};
use super::api::EmbeddingApi;
use crate::error::Error;

const TABLE: [&dyn EmbeddingApi; 4] = [&OpenAi, &Tei, &Cohere, &Voyage];

static REGISTERED: NameTable<Arc<dyn EmbeddingApi>> = NameTable::new();

/// One of the table, or one that was registered.
#[derive(Clone)]
pub(super) enum NamedApi {
    Known(&'static dyn EmbeddingApi),
    Registered(Arc<dyn EmbeddingApi>),
}

impl NamedApi {
    pub(super) fn find(name: &str) -> Option<Self> {
        let known = TABLE.into_iter().find(|api| api.name() == name).map(Self::Known);
        known.or_else(|| REGISTERED.find(name).map(Self::Registered))
    }

    pub(super) fn get(&self) -> &dyn EmbeddingApi {
        match self {
            Self::Known(api) => *api,
            Self::Registered(api) => api.as_ref(),
        }
    }
}

/// The names of all APIs: `openai`, `tei`, `cohere`, `voyage`, and what was registered.
pub fn embedding_apis() -> Vec<&'static str> {
    TABLE.iter().map(|api| api.name()).chain(REGISTERED.names()).collect()
}

/// Adds an API, which settings then call by its name.
///
/// # Errors
/// [`ess_core::Error::InvalidParameter`] for a name that another API has, or that has other characters than lower-case
/// letters, digits and `_`.
pub fn register_embedding_api<A: EmbeddingApi + 'static>(api: A) -> Result<(), Error> {
    let name = api.name();
    let added = match TABLE.iter().any(|known| known.name() == name) {
        true => Err(NameError::Taken),
        false => REGISTERED.add::<A>(name, Arc::new(api)),
    };
    added.map(drop).map_err(|error| {
        let expected = match error {
            NameError::Taken => "a name that is not taken",
            NameError::Malformed => NameError::FITTING,
        };
        let (parameter, found) = ("name of an embedding API", name.to_owned());
        ess_core::Error::InvalidParameter { name: parameter, expected, found }.into()
    })
}

#[cfg(test)]
mod tests {
    use ess_testing::damage::{mutations, rounds};

    use super::*;

    /// Right answers of each API, in each form that it reads.
    const ANSWERS: [(&dyn EmbeddingApi, &[&str]); 4] = [
        (&OpenAi, &[INDEXED, IN_BASE64]),
        (&Tei, &["[[0.25, -1.5e-3, 3], [1, 2.5, 4]]"]),
        (&Cohere, &[r#"{"id": "x", "embeddings": {"float": [[0.25, -1.5e-3], [1, 2]]}}"#, PLAIN]),
        (&Voyage, &[INDEXED]),
    ];
    const INDEXED: &str = r#"{"object": "list", "data": [{"object": "embedding", "index": 1, "embedding": [0.25, -1.5e-3]},
        {"object": "embedding", "index": 0, "embedding": [1, 2]}], "model": "m", "usage": {"total_tokens": 1}}"#;
    const IN_BASE64: &str = r#"{"data": [{"index": 0, "embedding": "AACAPwAAAEA="}]}"#;
    const PLAIN: &str = r#"{"embeddings": [[0.25, -1.5e-3], [1, 2]]}"#;

    #[test]
    fn damaged_answers_are_no_more_vectors_than_came_or_a_reason() {
        for (api, answers) in ANSWERS {
            let (mut tried, mut read) = (0, 0);
            for (seed, good) in (0..).zip(answers) {
                let good = good.as_bytes();
                assert!(api.vectors(good).is_ok(), "{}, answer {seed}", api.name());
                let damaged = mutations(good, seed, rounds(10_000) / answers.len());
                for bytes in damaged.filter(|bytes| bytes != good) {
                    tried += 1;
                    match api.vectors(&bytes) {
                        Ok(rows) => {
                            read += 1;
                            let components: usize = rows.iter().map(Vec::len).sum();
                            assert!(rows.len() + components <= bytes.len(), "{}", bytes.escape_ascii());
                        }
                        Err(reason) => assert!(!reason.is_empty(), "{}", bytes.escape_ascii()),
                    }
                }
            }
            assert!(read > 0 && read < tried, "{}: {read} of {tried} damaged answers are read", api.name());
            println!("{}: {tried} damaged answers, {read} of which are read", api.name());
        }
    }
}
