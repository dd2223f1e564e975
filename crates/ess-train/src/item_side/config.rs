//! What is trained on the item side, as data.

use serde::{Deserialize, Serialize};

use super::offsets::OffsetsConfig;
use crate::{error::Error, recipe_config::config::RecipeConfig};

/// What is trained on the item side, and in which order with the query side.
///
/// Trained items must be indexed again, but no encoder runs again. A map applies to new items as well. Offsets belong to the
/// items that are relevant to training queries, so new items have none.
///
/// ```
/// use ess_train::{ItemSideConfig, SidesConfig, TrainingOrder};
///
/// let json = r#"{"order": "query_then_both", "items": {"kind": "map", "module": {"kind": "linear"}}}"#;
/// let config: SidesConfig = serde_json::from_str(json).unwrap();
/// config.check()?;
/// let offsets = SidesConfig { order: TrainingOrder::Item, ..SidesConfig::default() };
/// assert_eq!(offsets.items, ItemSideConfig::default());
/// let shared = SidesConfig { items: ItemSideConfig::Shared {}, ..offsets };
/// assert!(shared.check().is_err(), "one map for both sides trains both");
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SidesConfig {
    /// Which sides are trained, and when. Default: the items alone.
    pub order: TrainingOrder,
    /// What is trained on the item side. Default: offsets.
    pub items: ItemSideConfig,
}

/// Which sides are trained, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingOrder {
    /// The items alone. Queries stay as the encoder gives them.
    #[default]
    Item,
    /// Both at once. Offsets have a closed form and no steps: they follow the query side, as in
    /// [`TrainingOrder::QueryThenBoth`].
    Both,
    /// The query side first, until the measure on dev no longer rises, then both sides from there.
    QueryThenBoth,
}

/// What is trained on the item side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ItemSideConfig {
    /// The query side's module, for the items as well. Each step maps all items.
    Shared {},
    /// A module of the items' own, from the space of the items to itself. Each step maps all items.
    Map {
        /// The module, of a kind that is trained by gradient.
        module: RecipeConfig,
    },
    /// Offsets of single items, in closed form.
    Offsets(OffsetsConfig),
}

impl Default for ItemSideConfig {
    fn default() -> Self {
        Self::Offsets(OffsetsConfig::default())
    }
}

impl SidesConfig {
    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        match &self.items {
            ItemSideConfig::Offsets(offsets) => offsets.check(),
            ItemSideConfig::Shared {} if self.order == TrainingOrder::Item => {
                let (name, expected) =
                    ("order of training", "both or query_then_both, where one map serves both");
                Err(Error::Config { name, expected, found: "item".to_owned() })
            }
            _ => Ok(()),
        }
    }
}
