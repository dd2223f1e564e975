//! How a kind of recipe is read by its name.

use super::{config::RecipeConfig, kind::RecipeKind};
use crate::kinds::table::Entry;

/// The entry of the table of recipes for settings of the type `K`.
pub(super) fn entry<K: RecipeKind>() -> Entry<RecipeConfig> {
    Entry::new::<K>(K::KIND, |settings| Ok(RecipeConfig::of(serde_json::from_value::<K>(settings)?)))
}
