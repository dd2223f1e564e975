//! Its name in settings.

use super::{config::MilvusConfig, engine::Milvus};
use crate::{error::Error, named_engine::NamedEngine, settings::EngineSettings};

impl NamedEngine for Milvus {
    const NAME: &'static str = "milvus";
    type Config = MilvusConfig;

    fn open(config: Self::Config, settings: &EngineSettings) -> Result<Self, Error> {
        // The function of the type, not this one.
        Self::open(config, settings)
    }
}
