//! What all configs of kinds have in common.

use crate::error::Error;

/// The config of a kind of module. Its dimensions may be left open (0); the data then determine them.
///
/// ```
/// use ess_search::{LinearConfig, ModuleConfig};
///
/// let config = LinearConfig::default().between(384, 256).reseeded(7);
/// assert_eq!((config.query_dim, config.item_dim, config.seed), (384, 256, 7));
/// assert!(LinearConfig::default().check().is_err());
/// ```
pub trait ModuleConfig: Clone + Default + Send + Sync {
    /// Whether the module reads several vectors of a query, one after the other in a row: its sentence embedding, and poolings
    /// of layers. Default: no.
    const READS_LAYERS: bool = false;

    /// Whether the module has a [`TrainableModule::scoring`](crate::TrainableModule::scoring), so that it can be no part of what averages
    /// or chains vectors. Default: no.
    const HAS_SCORING: bool = false;

    /// The same settings, with these dimensions in place of those that are open. Given dimensions are kept.
    #[must_use]
    fn between(self, query_dim: usize, item_dim: usize) -> Self;

    /// The same settings with this number added to the seed.
    #[must_use]
    fn reseeded(self, seed: u64) -> Self;

    /// `d_query` and `d_item`.
    fn dims(&self) -> (usize, usize);

    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    fn check(&self) -> Result<(), Error>;
}

/// Writes a [`ModuleConfig`] for a config with the fields `query_dim`, `item_dim` and `seed`, and an inherent function
/// `check_settings` for the rest; `reads_layers` for a module that reads the layers of a query, `has_scoring` for one with a scoring.
macro_rules! module_config {
    ($config:ty, $kind:expr) => {
        $crate::module::config::module_config!($config, $kind, false, false);
    };
    ($config:ty, $kind:expr, reads_layers) => {
        $crate::module::config::module_config!($config, $kind, true, false);
    };
    ($config:ty, $kind:expr, has_scoring) => {
        $crate::module::config::module_config!($config, $kind, false, true);
    };
    ($config:ty, $kind:expr, $reads_layers:literal, $has_scoring:literal) => {
        impl $crate::module::config::ModuleConfig for $config {
            const READS_LAYERS: bool = $reads_layers;
            const HAS_SCORING: bool = $has_scoring;

            fn between(mut self, query_dim: usize, item_dim: usize) -> Self {
                for (own, given) in [(&mut self.query_dim, query_dim), (&mut self.item_dim, item_dim)] {
                    *own = if *own == 0 { given } else { *own };
                }
                self
            }

            fn reseeded(mut self, seed: u64) -> Self {
                self.seed = self.seed.wrapping_add(seed);
                self
            }

            fn dims(&self) -> (usize, usize) {
                (self.query_dim, self.item_dim)
            }

            fn check(&self) -> Result<(), $crate::error::Error> {
                $crate::module::trainable::check_dim($kind, "query_dim", self.query_dim)?;
                $crate::module::trainable::check_dim($kind, "item_dim", self.item_dim)?;
                self.check_settings()
            }
        }
    };
}

pub(crate) use module_config;

/// In an `impl TrainableModule` of a type with the field `config`: reseeding, the config and the dimensions, as the config has
/// them.
macro_rules! said_by_config {
    ($config:ty) => {
        fn reseeded(config: &$config, seed: u64) -> $config {
            $crate::module::config::ModuleConfig::reseeded(config.clone(), seed)
        }

        fn config(&self) -> &$config {
            &self.config
        }

        fn query_dim(&self) -> usize {
            self.config.query_dim
        }

        fn item_dim(&self) -> usize {
            self.config.item_dim
        }
    };
}

pub(crate) use said_by_config;

/// Whether a dimension or a seed is left open (0). It is then left out of a file as well.
pub(crate) fn is_open<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
