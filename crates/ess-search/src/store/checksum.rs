//! The checksums of a module.

use ess_files::Checksum;

use super::state::ModuleState;
use crate::error::Error;

impl ModuleState {
    /// The checksum of the description and of all tensors, as text. It is the same before saving and after loading by the
    /// same release. A release that adds a field to the config changes it.
    ///
    /// # Errors
    /// [`Error::ConfigSyntax`] for a config that is no JSON.
    pub fn checksum(&self) -> Result<String, Error> {
        let description = serde_json::to_vec(&self.description)
            .map_err(|cause| Error::ConfigSyntax { kind: self.description.kind.clone(), cause })?;
        Ok(checksum(std::iter::once(description).chain(self.tensor_parts()).collect()))
    }

    /// The checksum of the kind, the dimensions, and the names, shapes and values of all tensors, as text. The config
    /// has no part in it, so that it stays the same in a release that adds a field to the config.
    pub fn checksum_without_config(&self) -> String {
        let ModuleState { description, .. } = self;
        let what = format!("{} {} {}", description.kind, description.query_dim, description.item_dim);
        checksum(std::iter::once(what.into_bytes()).chain(self.tensor_parts()).collect())
    }

    /// The name, the shape and the values of each tensor.
    fn tensor_parts(&self) -> impl Iterator<Item = Vec<u8>> {
        self.tensors.iter().flat_map(|(name, tensor)| {
            let values = tensor.values().iter().flat_map(|value| value.to_le_bytes()).collect();
            [format!("{name} {:?}", tensor.shape()).into_bytes(), values]
        })
    }
}

/// The checksum of these parts and of their lengths: the same bytes divided elsewhere are another module.
pub(crate) fn checksum(parts: Vec<Vec<u8>>) -> String {
    let lengths: Vec<u8> = parts.iter().flat_map(|part| (part.len() as u64).to_le_bytes()).collect();
    Checksum::of_parts(std::iter::once(&lengths).chain(&parts).map(Vec::as_slice)).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::store::state::{HostTensor, ModuleDescription};

    use super::*;

    fn state(dim: usize, values: Vec<f32>) -> ModuleState {
        let config = serde_json::json!({"residual": true});
        let description =
            ModuleDescription { kind: "linear".to_owned(), query_dim: dim, item_dim: dim, config };
        let weight = HostTensor::new("weight", vec![values.len()], values).unwrap();
        ModuleState { description, tensors: BTreeMap::from([("weight".to_owned(), weight)]) }
    }

    #[test]
    fn modules_that_differ_have_other_checksums_and_a_saved_one_keeps_its_own() {
        let (one, folder) = (state(2, vec![0.1, 0.2]), tempfile::tempdir().unwrap());
        for other in [state(3, vec![0.1, 0.2]), state(2, vec![0.1, 0.3]), state(2, vec![0.1])] {
            assert_ne!(other.checksum().unwrap(), one.checksum().unwrap());
        }
        one.save(folder.path()).unwrap();
        assert_eq!(ModuleState::load(folder.path()).unwrap().checksum().unwrap(), one.checksum().unwrap());
    }

    #[test]
    fn a_field_of_the_config_does_not_change_the_checksum_without_it() {
        let (one, mut later) = (state(2, vec![0.1, 0.2]), state(2, vec![0.1, 0.2]));
        later.description.config["added"] = false.into();
        assert_ne!(one.checksum().unwrap(), later.checksum().unwrap());
        assert_eq!(one.checksum_without_config(), later.checksum_without_config());
        for other in [state(3, vec![0.1, 0.2]), state(2, vec![0.1, 0.3]), state(2, vec![0.1])] {
            assert_ne!(other.checksum_without_config(), one.checksum_without_config());
        }
    }
}
