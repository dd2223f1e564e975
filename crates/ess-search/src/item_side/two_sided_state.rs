//! Modules of two sides as data.

use std::{collections::BTreeMap, path::Path};

use burn::tensor::Device;
use ess_core::SearchModule;
use serde::{Deserialize, Serialize};

use super::{
    offsets::{ITEM_OFFSETS, ItemOffsets},
    side::ItemSide,
    two_sided::TwoSided,
};
use crate::{
    error::Error,
    module::registry::{Registry, TWO_SIDED, check_dims},
    store::state::{HostTensor, ModuleDescription, ModuleState},
};

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
    /// Both sides as data. Where items are frozen, the state is that of the query side.
    ///
    /// # Errors
    /// Those of [`PersistentModule::to_state`](crate::PersistentModule::to_state).
    pub fn to_state(&self) -> Result<ModuleState, Error> {
        let query_side = self.query_side().to_state()?;
        if matches!(self.item_side(), ItemSide::Frozen) {
            return Ok(query_side);
        }
        let mut tensors = BTreeMap::new();
        let query_side = keep(&mut tensors, QUERY_SIDE, query_side);
        let item_side = match self.item_side() {
            ItemSide::Frozen => ItemSideConfig::Frozen,
            ItemSide::Shared => ItemSideConfig::Shared,
            ItemSide::Map(module) => ItemSideConfig::Map(keep(&mut tensors, ITEM_SIDE, module.to_state()?)),
            ItemSide::Offsets(offsets) => {
                ItemSideConfig::Offsets(keep(&mut tensors, ITEM_SIDE, offsets.to_state()?))
            }
        };
        let (query_dim, item_dim) = (query_side.query_dim, query_side.item_dim);
        let config = serde_json::to_value(TwoSidedConfig { query_side, item_side })
            .map_err(|cause| Error::ConfigSyntax { kind: TWO_SIDED.to_owned(), cause })?;
        let description = ModuleDescription { kind: TWO_SIDED.to_owned(), query_dim, item_dim, config };
        Ok(ModuleState { description, tensors })
    }

    /// Both sides from data. Any other kind of module becomes a query side with frozen items.
    ///
    /// # Errors
    /// Those of [`Registry::build`] and [`ItemOffsets::from_state`].
    pub fn from_state(state: &ModuleState, registry: &Registry, device: &Device) -> Result<Self, Error> {
        if state.description.kind != TWO_SIDED {
            return Self::new(registry.build(state, device)?, ItemSide::Frozen);
        }
        let config: TwoSidedConfig = state.parse_config()?;
        let mut tensors = state.tensors.clone();
        let query_state = take(&mut tensors, QUERY_SIDE, config.query_side);
        let query_side = registry.build(&query_state, device)?;
        let (item_side, described) = match config.item_side {
            ItemSideConfig::Frozen => (ItemSide::Frozen, None),
            ItemSideConfig::Shared => (ItemSide::Shared, Some(query_state)),
            ItemSideConfig::Map(description) => {
                let state = take(&mut tensors, ITEM_SIDE, description);
                (ItemSide::Map(registry.build(&state, device)?.into()), Some(state))
            }
            ItemSideConfig::Offsets(description) => {
                let state = take(&mut tensors, ITEM_SIDE, description);
                (ItemSide::Offsets(offsets(&state)?), Some(state))
            }
        };
        if !tensors.is_empty() {
            let (kind, expected) = (TWO_SIDED.to_owned(), Vec::new());
            return Err(Error::TensorNames { kind, expected, found: tensors.into_keys().collect() });
        }
        check_dims(&state.description, query_side.query_dim(), query_side.item_dim())?;
        let sides = Self::new(query_side, item_side)?;
        Ok(match described {
            Some(state) => sides.described_by(state.checksum()?),
            None => sides,
        })
    }

    /// Loads both sides from a folder. The folder of a searching module alone gives frozen items.
    ///
    /// # Errors
    /// Those of [`ModuleState::load`] and [`TwoSided::from_state`].
    pub fn load(folder: &Path, registry: &Registry, device: &Device) -> Result<Self, Error> {
        Self::from_state(&ModuleState::load(folder)?, registry, device)
    }
}

/// Adds the tensors of one side under its prefix.
fn keep(tensors: &mut BTreeMap<String, HostTensor>, prefix: &str, state: ModuleState) -> ModuleDescription {
    tensors.extend(state.tensors.into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor)));
    state.description
}

fn offsets(state: &ModuleState) -> Result<ItemOffsets, Error> {
    if state.description.kind != ITEM_OFFSETS {
        let known = vec![ITEM_OFFSETS.to_owned()];
        return Err(Error::UnknownKind { kind: state.description.kind.clone(), known });
    }
    ItemOffsets::from_state(state)
}

/// Removes the tensors of one side and returns its state.
fn take(
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
    use ess_core::{Embeddings, MatrixModule};
    use ndarray::array;

    use super::*;
    use crate::module::persistent::PersistentModule;

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
}
