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
