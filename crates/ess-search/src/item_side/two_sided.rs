//! A searching module with what it does to the items.

use std::{collections::BTreeMap, path::Path};

use burn::tensor::Device;
use ess_core::{Embeddings, SearchModule};
use serde::{Deserialize, Serialize};

use super::{
    offsets::{ITEM_OFFSETS, ItemOffsets},
    side::ItemSide,
};
use crate::{
    error::Error,
    module::{
        persistent::PersistentModule,
        registry::{Registry, TWO_SIDED, check_dims},
    },
    store::state::{HostTensor, ModuleDescription, ModuleState},
};

/// A searching module for queries and what happens to the items before they are indexed.
///
/// Saved and loaded as searching modules are; a folder of a searching module alone is one with frozen items.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, Identity};
/// use ess_search::{ItemOffsets, ItemSide, ModuleState, Registry, TwoSided};
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let moved = Embeddings::from_rows(&[[0.8, 0.6], [0.0, 1.0]])?;
/// let offsets = ItemSide::Offsets(ItemOffsets::between(&items, &moved)?);
/// let folder = tempfile::tempdir().unwrap();
/// TwoSided::new(Box::new(Identity::new(2)), offsets)?.to_state()?.save(folder.path())?;
///
/// let loaded = TwoSided::load(folder.path(), &Registry::default(), &Device::flex())?;
/// assert_eq!(loaded.map_items(&items)?, Some(moved));
/// # Ok::<(), ess_search::Error>(())
/// ```
pub struct TwoSided {
    query_side: Box<dyn PersistentModule>,
    item_side: ItemSide,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoSidedConfig {
    query_side: ModuleDescription,
    item_side: ItemSideConfig,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum ItemSideConfig {
    Frozen,
    Shared,
    Map(ModuleDescription),
    Offsets(ModuleDescription),
}

const QUERY_SIDE: &str = "query_side.";
const ITEM_SIDE: &str = "item_side.";

impl TwoSided {
    /// Puts two sides together.
    ///
    /// # Errors
    /// [`Error::Core`] when the query side does not map into the space that the items come to be in.
    pub fn new(query_side: Box<dyn PersistentModule>, item_side: ItemSide) -> Result<Self, Error> {
        if let Some((_, item_dim)) = item_side.dims(&*query_side) {
            ess_core::Error::check_dim("items of a module of two sides", query_side.item_dim(), item_dim)?;
        }
        Ok(Self { query_side, item_side })
    }

    /// The searching module, f_search.
    pub fn query_side(&self) -> &dyn PersistentModule {
        &*self.query_side
    }

    /// What happens to the items.
    pub fn item_side(&self) -> &ItemSide {
        &self.item_side
    }

    /// Both sides apart.
    pub fn into_parts(self) -> (Box<dyn PersistentModule>, ItemSide) {
        (self.query_side, self.item_side)
    }

    /// The dimension of the items as the encoder gives them.
    pub fn item_dim(&self) -> usize {
        self.item_side.dims(&*self.query_side).map_or(self.query_side.item_dim(), |(frozen, _)| frozen)
    }

    /// The items (`m × d_item`) as they are to be indexed; `None` where they stay as they are.
    ///
    /// # Errors
    /// Those of the item side: [`Error::Core`] for another dimension, and [`Error::OtherItems`] for offsets of other
    /// items.
    pub fn map_items(&self, items: &Embeddings) -> Result<Option<Embeddings>, Error> {
        self.item_side.apply(&self.query_side, items)
    }

    /// Both sides as data; the query side alone, as itself, where items are frozen.
    ///
    /// # Errors
    /// Those of [`PersistentModule::to_state`].
    pub fn to_state(&self) -> Result<ModuleState, Error> {
        let query_side = self.query_side.to_state()?;
        if matches!(self.item_side, ItemSide::Frozen) {
            return Ok(query_side);
        }
        let mut tensors = BTreeMap::new();
        let mut keep = |prefix: &str, state: ModuleState| {
            let named = state.tensors.into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor));
            tensors.extend(named);
            state.description
        };
        let (query_dim, item_dim) = (self.query_side.query_dim(), self.query_side.item_dim());
        let query_side = keep(QUERY_SIDE, query_side);
        let item_side = match &self.item_side {
            ItemSide::Frozen => ItemSideConfig::Frozen,
            ItemSide::Shared => ItemSideConfig::Shared,
            ItemSide::Map(module) => ItemSideConfig::Map(keep(ITEM_SIDE, module.to_state()?)),
            ItemSide::Offsets(offsets) => ItemSideConfig::Offsets(keep(ITEM_SIDE, offsets.to_state()?)),
        };
        let config = serde_json::to_value(TwoSidedConfig { query_side, item_side })
            .map_err(|cause| Error::ConfigSyntax { kind: TWO_SIDED.to_owned(), cause })?;
        let description = ModuleDescription { kind: TWO_SIDED.to_owned(), query_dim, item_dim, config };
        Ok(ModuleState { description, tensors })
    }

    /// Both sides from data; any other kind of module becomes a query side with frozen items.
    ///
    /// # Errors
    /// Those of [`Registry::build`] and [`ItemOffsets::from_state`].
    pub fn from_state(state: &ModuleState, registry: &Registry, device: &Device) -> Result<Self, Error> {
        if state.description.kind != TWO_SIDED {
            return Self::new(registry.build(state, device)?, ItemSide::Frozen);
        }
        let config: TwoSidedConfig = state.parse_config()?;
        let mut tensors = state.tensors.clone();
        let query_side = part(&mut tensors, QUERY_SIDE, config.query_side);
        let query_side = registry.build(&query_side, device)?;
        let item_side = match config.item_side {
            ItemSideConfig::Frozen => ItemSide::Frozen,
            ItemSideConfig::Shared => ItemSide::Shared,
            ItemSideConfig::Map(description) => {
                ItemSide::Map(registry.build(&part(&mut tensors, ITEM_SIDE, description), device)?.into())
            }
            ItemSideConfig::Offsets(description) => {
                ItemSide::Offsets(offsets(&part(&mut tensors, ITEM_SIDE, description))?)
            }
        };
        if !tensors.is_empty() {
            let (kind, expected) = (TWO_SIDED.to_owned(), Vec::new());
            return Err(Error::TensorNames { kind, expected, found: tensors.into_keys().collect() });
        }
        check_dims(&state.description, query_side.query_dim(), query_side.item_dim())?;
        Self::new(query_side, item_side)
    }

    /// Loads both sides from a folder; a folder of a searching module alone gives frozen items.
    ///
    /// # Errors
    /// Those of [`ModuleState::load`] and [`TwoSided::from_state`].
    pub fn load(folder: &Path, registry: &Registry, device: &Device) -> Result<Self, Error> {
        Self::from_state(&ModuleState::load(folder)?, registry, device)
    }
}

fn offsets(state: &ModuleState) -> Result<ItemOffsets, Error> {
    if state.description.kind != ITEM_OFFSETS {
        let known = vec![ITEM_OFFSETS.to_owned()];
        return Err(Error::UnknownKind { kind: state.description.kind.clone(), known });
    }
    ItemOffsets::from_state(state)
}

/// Takes the tensors of one side.
fn part(
    tensors: &mut BTreeMap<String, HostTensor>,
    prefix: &str,
    description: ModuleDescription,
) -> ModuleState {
    let taken = tensors.extract_if(.., |name, _| name.starts_with(prefix));
    let taken = taken.map(|(name, tensor)| (name[prefix.len()..].to_owned(), tensor)).collect();
    ModuleState { description, tensors: taken }
}

#[cfg(test)]
mod tests {
    use ess_core::{Identity, MatrixModule};
    use ndarray::array;

    use super::*;

    fn items() -> Embeddings {
        Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]).unwrap()
    }

    fn swap() -> Box<dyn PersistentModule> {
        Box::new(MatrixModule::new(array![[0.0, 1.0], [1.0, 0.0]]).unwrap())
    }

    fn offsets() -> ItemOffsets {
        let moved = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 2.0], [0.6, 0.8]]).unwrap();
        ItemOffsets::between(&items(), &moved).unwrap()
    }

    fn again(sides: &TwoSided) -> TwoSided {
        let folder = tempfile::tempdir().unwrap();
        sides.to_state().unwrap().save(folder.path()).unwrap();
        TwoSided::load(folder.path(), &Registry::default(), &Device::flex()).unwrap()
    }

    #[test]
    fn every_side_comes_back_from_its_folder() {
        let sides =
            [ItemSide::Frozen, ItemSide::Shared, ItemSide::Map(swap().into()), ItemSide::Offsets(offsets())];
        for side in sides {
            let kind = side.kind();
            let sides = TwoSided::new(swap(), side).unwrap();
            let loaded = again(&sides);
            assert_eq!(loaded.item_side().kind(), kind);
            assert_eq!(loaded.map_items(&items()).unwrap(), sides.map_items(&items()).unwrap());
            assert_eq!(loaded.to_state().unwrap(), sides.to_state().unwrap());
            assert_eq!((loaded.item_dim(), loaded.query_side().query_dim()), (2, 2));
        }
    }

    #[test]
    fn what_moves_items_is_no_searching_module_of_queries_alone() {
        let state = TwoSided::new(swap(), ItemSide::Shared).unwrap().to_state().unwrap();
        let found = Registry::default().build(&state, &Device::flex()).map(|_| ());
        assert!(matches!(found, Err(Error::TwoSided)));
        let frozen = TwoSided::new(swap(), ItemSide::Frozen).unwrap().to_state().unwrap();
        assert_eq!(frozen.description.kind, "matrix");
    }

    #[test]
    fn sides_that_do_not_meet_are_refused() {
        let found = TwoSided::new(Box::new(Identity::new(3)), ItemSide::Map(swap().into())).map(|_| ());
        assert!(matches!(found, Err(Error::Core(ess_core::Error::DimensionMismatch { .. }))));
    }

    #[test]
    fn offsets_are_for_the_items_that_they_were_fitted_to() {
        let (offsets, others) = (offsets(), items().select(&[1, 0, 2]).unwrap());
        assert_eq!(offsets.rows(), [1]);
        assert!(matches!(offsets.apply(&others), Err(Error::OtherItems { .. })));
        let fewer = items().select(&[0]).unwrap();
        let found = offsets.apply(&fewer);
        assert!(matches!(found, Err(Error::Core(ess_core::Error::LengthMismatch { .. }))));
    }

    #[test]
    fn forged_offsets_are_refused() {
        let state = offsets().to_state().unwrap();
        let with = |config: serde_json::Value| {
            let mut state = state.clone();
            state.description.config = config;
            ItemOffsets::from_state(&state)
        };
        let forge = |rows: &str| {
            with(
                serde_json::from_str(&format!(r#"{{"items": 3, "rows": {rows}, "checksum": "x"}}"#)).unwrap(),
            )
        };
        assert!(matches!(forge("[3]"), Err(Error::Config { name: "rows", .. })));
        assert!(matches!(forge("[2, 1]"), Err(Error::Config { name: "rows", .. })));
        assert!(matches!(forge("[0, 1]"), Err(Error::TensorShape { .. })));
        assert!(matches!(with(serde_json::json!({"rows": []})), Err(Error::ConfigSyntax { .. })));
        let mut bare = state.clone();
        bare.tensors.clear();
        assert!(matches!(ItemOffsets::from_state(&bare), Err(Error::TensorNames { .. })));
    }

    #[test]
    fn dimensions_that_are_not_those_of_the_sides_are_refused() {
        let state = TwoSided::new(swap(), ItemSide::Offsets(offsets())).unwrap().to_state().unwrap();
        for field in ["query_dim", "item_dim"] {
            let mut lying = state.clone();
            match field {
                "query_dim" => lying.description.query_dim = 3,
                _ => lying.description.item_dim = 3,
            }
            let mut lying_part = state.clone();
            lying_part.description.config["item_side"]["offsets"][field] = 3.into();
            for state in [lying, lying_part] {
                let found = TwoSided::from_state(&state, &Registry::default(), &Device::flex()).map(drop);
                assert!(found.is_err(), "{field}");
            }
        }
    }

    #[test]
    fn nothing_moved_is_no_offset() {
        let none = ItemOffsets::between(&items(), &items()).unwrap();
        assert!(none.rows().is_empty());
        let sides = TwoSided::new(swap(), ItemSide::Offsets(none)).unwrap();
        assert_eq!(again(&sides).map_items(&items()).unwrap(), Some(items()));
    }
}
