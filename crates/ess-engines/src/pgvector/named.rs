//! Its name in settings.

use super::{config::PgVectorConfig, engine::PgVector};
use crate::{error::Error, named_engine::NamedEngine, settings::EngineSettings};

impl NamedEngine for PgVector {
    const NAME: &'static str = "pgvector";
    type Config = PgVectorConfig;

    fn open(config: Self::Config, settings: &EngineSettings) -> Result<Self, Error> {
        // The function of the type, not this one.
        Self::open(config, settings)
    }
}
