//! Offsets of single items.

use std::collections::BTreeMap;

use ess_core::Embeddings;
use ess_files::Checksum;
use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    store::{
        checksum::checksum,
        state::{HostTensor, ModuleDescription, ModuleState},
    },
};

/// Offsets of some items of one collection: `d'ᵢ = dᵢ + δᵢ`. The moved `d'ᵢ` are stored, so no rounding occurs.
///
/// The items must be indexed again, but no encoder runs. Items that are added later have no offset. Offsets belong to
/// one collection in one order, and refuse any other.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_search::ItemOffsets;
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let moved = Embeddings::from_rows(&[[1.0, 0.0], [0.6, 0.8]])?;
/// let offsets = ItemOffsets::between(&items, &moved)?;
/// assert_eq!((offsets.rows(), offsets.apply(&items)?), (&[1][..], moved.clone()));
/// assert!(offsets.apply(&moved).is_err());
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ItemOffsets {
    config: OffsetsConfig,
    dim: usize,
    /// The moved items, `k × d`.
    moved: Vec<f32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OffsetsConfig {
    /// The number of items of the collection.
    items: usize,
    /// The items that are moved, ascending.
    rows: Vec<usize>,
    /// The checksum of the collection's embeddings.
    checksum: String,
}

pub(crate) const ITEM_OFFSETS: &str = "item_offsets";
const MOVED: &str = "moved";

impl ItemOffsets {
    /// The offsets between items (`m × d`) and moved items (`m × d`). Only items that differ have an offset.
    ///
    /// # Errors
    /// [`Error::Core`] when the shapes differ.
    pub fn between(items: &Embeddings, moved: &Embeddings) -> Result<Self, Error> {
        ess_core::Error::check_dim("moved items", items.dim(), moved.dim())?;
        let (what, expected, found) = ("moved items", items.len(), moved.len());
        if expected != found {
            return Err(ess_core::Error::LengthMismatch { what, expected, found }.into());
        }
        let differs = |row: &usize| items.row(*row) != moved.row(*row);
        let rows: Vec<usize> = (0..items.len()).filter(differs).collect();
        let values = rows.iter().flat_map(|&row| moved.row(row)).copied().collect();
        let config = OffsetsConfig { items: items.len(), rows, checksum: checksum_of(items) };
        Ok(Self { config, dim: items.dim(), moved: values })
    }

    /// The dimension of the items.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The items that are moved, ascending.
    pub fn rows(&self) -> &[usize] {
        &self.config.rows
    }

    /// The items (`m × d`) with their offsets added.
    ///
    /// # Errors
    /// [`Error::Core`] for another number or dimension of items; [`Error::OtherItems`] for other items than those
    /// that the offsets were fitted to.
    pub fn apply(&self, items: &Embeddings) -> Result<Embeddings, Error> {
        ess_core::Error::check_dim("items that are moved", self.dim, items.dim())?;
        let (what, expected, found) = ("items that are moved", self.config.items, items.len());
        if expected != found {
            return Err(ess_core::Error::LengthMismatch { what, expected, found }.into());
        }
        let (expected, found) = (self.config.checksum.clone(), checksum_of(items));
        if expected != found {
            return Err(Error::OtherItems { expected, found });
        }
        let mut values = items.as_slice().to_vec();
        for (&row, moved) in self.config.rows.iter().zip(self.moved.chunks_exact(self.dim)) {
            values[row * self.dim..][..self.dim].copy_from_slice(moved);
        }
        Ok(Embeddings::from_vec(values, self.dim)?)
    }

    /// The offsets as data.
    ///
    /// # Errors
    /// No error occurs. The signature is that of [`PersistentModule::to_state`](crate::PersistentModule::to_state).
    pub fn to_state(&self) -> Result<ModuleState, Error> {
        let config = serde_json::to_value(&self.config)
            .map_err(|cause| Error::ConfigSyntax { kind: ITEM_OFFSETS.to_owned(), cause })?;
        let (query_dim, item_dim) = (self.dim, self.dim);
        let shape = vec![self.config.rows.len(), self.dim];
        let moved = HostTensor::new(MOVED, shape, self.moved.clone())?;
        let description = ModuleDescription { kind: ITEM_OFFSETS.to_owned(), query_dim, item_dim, config };
        Ok(ModuleState { description, tensors: BTreeMap::from([(MOVED.to_owned(), moved)]) })
    }

    /// The checksum of the collection, of the items that are moved and of where they are moved, as text.
    pub(super) fn map_checksum(&self) -> String {
        let rows = self.config.rows.iter().flat_map(|&row| (row as u64).to_le_bytes()).collect();
        let moved = self.moved.iter().flat_map(|value| value.to_le_bytes()).collect();
        checksum(vec![ITEM_OFFSETS.into(), self.config.checksum.clone().into_bytes(), rows, moved])
    }

    /// The offsets from data.
    ///
    /// # Errors
    /// [`Error::ConfigSyntax`], [`Error::Config`], [`Error::TensorNames`] or [`Error::TensorShape`] for data that are
    /// not offsets.
    pub fn from_state(state: &ModuleState) -> Result<Self, Error> {
        let config: OffsetsConfig = state.parse_config()?;
        let refuse = |name, expected: &str, found: String| {
            Err(Error::Config { kind: ITEM_OFFSETS, name, expected: expected.to_owned(), found })
        };
        if config.rows.windows(2).any(|pair| pair[0] >= pair[1]) {
            return refuse("rows", "in ascending order", "another order".to_owned());
        }
        if let Some(&row) = config.rows.last().filter(|&&row| row >= config.items) {
            return refuse("rows", &format!("below {}", config.items), row.to_string());
        }
        if !state.tensors.keys().eq([MOVED]) {
            let (expected, found) = (vec![MOVED.to_owned()], state.tensors.keys().cloned().collect());
            return Err(Error::TensorNames { kind: ITEM_OFFSETS.to_owned(), expected, found });
        }
        let (dim, moved) = (state.description.item_dim, &state.tensors[MOVED]);
        let expected = vec![config.rows.len(), dim];
        if moved.shape() != expected || dim == 0 {
            return Err(Error::TensorShape {
                name: MOVED.to_owned(),
                expected,
                found: moved.shape().to_vec(),
            });
        }
        ess_core::Error::check_dim("what item offsets return", dim, state.description.query_dim)?;
        let moved = moved.values().to_vec();
        Ok(Self { config, dim, moved })
    }
}

fn checksum_of(items: &Embeddings) -> String {
    /// The number of components that are copied as bytes at a time.
    const CHUNK: usize = 1 << 20;
    let mut checksums = format!("{} {}", items.len(), items.dim());
    for values in items.as_slice().chunks(CHUNK) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        checksums += &Checksum::of(&bytes).to_string();
    }
    Checksum::of(checksums.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items() -> Embeddings {
        Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]).unwrap()
    }

    fn offsets() -> ItemOffsets {
        let moved = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 2.0], [0.6, 0.8]]).unwrap();
        ItemOffsets::between(&items(), &moved).unwrap()
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
    fn nothing_moved_is_no_offset() {
        let none = ItemOffsets::between(&items(), &items()).unwrap();
        assert!(none.rows().is_empty());
        let again = ItemOffsets::from_state(&none.to_state().unwrap()).unwrap();
        assert_eq!(again.apply(&items()).unwrap(), items());
    }
}
