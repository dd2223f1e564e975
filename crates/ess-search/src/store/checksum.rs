//! The checksum of a module.

use ess_files::Checksum;

use super::state::ModuleState;
use crate::error::Error;

impl ModuleState {
    /// The checksum of the description and of all tensors, as text. It is the same before saving and after loading.
    ///
    /// # Errors
    /// [`Error::ConfigSyntax`] for a config that is no JSON.
    pub fn checksum(&self) -> Result<String, Error> {
        let description = serde_json::to_vec(&self.description)
            .map_err(|cause| Error::ConfigSyntax { kind: self.description.kind.clone(), cause })?;
        let mut parts = vec![description];
        for (name, tensor) in &self.tensors {
            parts.push(format!("{name} {:?}", tensor.shape()).into_bytes());
            parts.push(tensor.values().iter().flat_map(|value| value.to_le_bytes()).collect());
        }
        // Their lengths as well: the same bytes cut elsewhere are another module.
        let lengths: Vec<u8> = parts.iter().flat_map(|part| (part.len() as u64).to_le_bytes()).collect();
        let parts = std::iter::once(&lengths).chain(&parts).map(Vec::as_slice);
        Ok(Checksum::of_parts(parts).to_string())
    }
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
}
