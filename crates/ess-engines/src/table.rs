//! The engines that settings call by name.

use ess_core::{Error as CoreError, NameError, NameTable};
use serde_json::Value;

#[cfg(feature = "milvus")]
use crate::milvus::Milvus;
#[cfg(feature = "pgvector")]
use crate::pgvector::PgVector;
#[cfg(feature = "qdrant")]
use crate::qdrant::Qdrant;
use crate::{
    engine::Engine, engine_index::EngineIndex, error::Error, named_engine::NamedEngine, named_settings,
};

type Opener = fn(Value) -> Result<OpenedEngine, Error>;

/// Those of this build.
const OWN: &[(&str, Opener)] = &[
    #[cfg(feature = "milvus")]
    (Milvus::NAME, open::<Milvus>),
    #[cfg(feature = "pgvector")]
    (PgVector::NAME, open::<PgVector>),
    #[cfg(feature = "qdrant")]
    (Qdrant::NAME, open::<Qdrant>),
];

static REGISTERED: NameTable<Opener> = NameTable::new();

/// An engine that [`open_engine`] opened. Runnable at [`NamedEngine`].
pub struct OpenedEngine {
    /// Its name.
    pub name: &'static str,
    /// What is written to ([`Engine::place`]).
    pub place: Option<String>,
    /// The engine as an index.
    pub index: EngineIndex<Box<dyn Engine>>,
}

/// The names of all engines: `milvus`, `pgvector` and `qdrant`, where the features are on, and what was registered.
pub fn engines() -> Vec<&'static str> {
    OWN.iter().map(|(name, _)| *name).chain(REGISTERED.names()).collect()
}

/// Makes an engine known by its name. Registering it twice changes nothing.
///
/// # Errors
/// [`ess_core::Error::InvalidParameter`] for a name that another engine has, or that has other characters than lower-case
/// letters, digits and `_`.
pub fn register_engine<E: NamedEngine>() -> Result<(), Error> {
    let added = match OWN.iter().any(|(name, _)| *name == E::NAME) {
        true => Err(NameError::Taken),
        false => REGISTERED.add::<E>(E::NAME, open::<E>),
    };
    added.map(drop).map_err(|error| {
        let expected = match error {
            NameError::Taken => "a name that is not taken",
            NameError::Malformed => NameError::FITTING,
        };
        CoreError::InvalidParameter { name: "name of an engine", expected, found: E::NAME.to_owned() }.into()
    })
}

/// Opens the engine of a name by its settings: a JSON object with the fields of its config, such as
/// `PgVectorConfig`, and a member `requests` with an [`EngineSettings`](crate::EngineSettings), which may be left out. Where
/// a value of the config is `{"env": "NAME"}`, the variable of the environment has the value, as a text: so secrets need not be
/// in the settings.
///
/// # Errors
/// [`Error::UnknownEngine`]; [`Error::Settings`] and [`Error::Config`] for wrong settings; those of [`NamedEngine::open`].
pub fn open_engine(name: &str, settings: Value) -> Result<OpenedEngine, Error> {
    let own = OWN.iter().find(|(own, _)| *own == name).map(|(_, open)| *open);
    match own.or_else(|| REGISTERED.find(name)) {
        Some(open) => open(settings),
        None => Err(Error::UnknownEngine { known: engines().join(", "), found: name.to_owned() }),
    }
}

fn open<E: NamedEngine>(settings: Value) -> Result<OpenedEngine, Error> {
    let (config, requests) = named_settings::read(E::NAME, settings)?;
    let engine: Box<dyn Engine> = Box::new(E::open(config, &requests)?);
    let place = engine.place();
    Ok(OpenedEngine { name: E::NAME, place, index: EngineIndex::new(engine, requests)? })
}
