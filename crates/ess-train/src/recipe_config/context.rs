//! What a recipe's settings do not say because the data do.

use ess_search::ModuleConfig;

use crate::error::Error;

/// The dimensions that a recipe is built between, and what is added to the seeds of its modules' starting values.
///
/// ```
/// use ess_search::LinearConfig;
/// use ess_train::RecipeContext;
///
/// let context = RecipeContext { query_dim: 384, item_dim: 256, seed: 3 };
/// let config = context.fill(&LinearConfig::default())?;
/// assert_eq!((config.query_dim, config.item_dim, config.seed), (384, 256, 3));
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecipeContext {
    /// The dimension of queries, or of their tokens.
    pub query_dim: usize,
    /// The dimension of items.
    pub item_dim: usize,
    /// Added to the seed of every module's starting values.
    pub seed: u64,
}

impl RecipeContext {
    /// A module's config with the dimensions that it leaves open, checked.
    ///
    /// # Errors
    /// [`Error::Search`] for settings outside their range.
    pub fn fill<C: ModuleConfig>(&self, config: &C) -> Result<C, Error> {
        let config = config.clone().between(self.query_dim, self.item_dim).reseeded(self.seed);
        config.check()?;
        Ok(config)
    }

    /// Refuses dimensions of a module that are not those of the data.
    pub(super) fn check_dims(&self, (query_dim, item_dim): (usize, usize)) -> Result<(), Error> {
        ess_core::Error::check_dim("queries of a module's config", query_dim, self.query_dim)?;
        Ok(ess_core::Error::check_dim("items of a module's config", item_dim, self.item_dim)?)
    }
}
