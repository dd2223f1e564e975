//! The searching modules that the programs train by name.

use clap::ValueEnum;
use ess_search::{Averaging, Linear, LinearConfig, Mlp, MlpConfig};
use ess_train::{EnsembleRecipe, ModuleRecipe, Recipe};

/// A kind of searching module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModuleKind {
    /// z = q + qW + b
    Linear,
    /// z = q + mlp(q), one hidden layer
    Mlp,
    /// The mean of a linear module and two MLPs
    Ensemble,
}

impl ModuleKind {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Mlp => "mlp",
            Self::Ensemble => "ensemble",
        }
    }

    /// The recipe between the given dimensions.
    pub fn recipe(self, query_dim: usize, item_dim: usize, seed: u64) -> Box<dyn Recipe> {
        let linear = || {
            let config = LinearConfig { seed, ..LinearConfig::new(query_dim, item_dim) };
            ModuleRecipe::<Linear>::new(config)
        };
        let mlp = |seed| {
            let config = MlpConfig { seed, ..MlpConfig::new(query_dim, item_dim) };
            ModuleRecipe::<Mlp>::new(config)
        };
        match self {
            Self::Linear => Box::new(linear()),
            Self::Mlp => Box::new(mlp(seed)),
            Self::Ensemble => Box::new(
                EnsembleRecipe::new(Averaging::AfterNormalization)
                    .with(linear())
                    .with(mlp(seed))
                    .with(mlp(seed.wrapping_add(1))),
            ),
        }
    }
}
