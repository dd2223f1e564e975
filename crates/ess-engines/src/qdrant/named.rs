//! Its name in settings.

use super::{config::QdrantConfig, engine::Qdrant};
use crate::{error::Error, named_engine::NamedEngine, settings::EngineSettings};

impl NamedEngine for Qdrant {
    const NAME: &'static str = "qdrant";
    type Config = QdrantConfig;

    fn open(config: Self::Config, settings: &EngineSettings) -> Result<Self, Error> {
        // The function of the type, not this one.
        Self::open(config, settings)
    }
}
