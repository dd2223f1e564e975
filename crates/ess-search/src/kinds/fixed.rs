//! Kinds that are not trained by steps: the identities of both encodings, and a matrix.

use std::collections::BTreeMap;

use ess_core::{Encoding, Identity, MatrixModule, SearchModule, SentenceIdentity, TokenStates};
use ndarray::Array2;
use serde_json::json;

use crate::{
    error::Error,
    module::persistent::PersistentModule,
    store::state::{HostTensor, ModuleDescription, ModuleState},
};

pub(crate) const IDENTITY: &str = "identity";
pub(crate) const MATRIX: &str = "matrix";
pub(crate) const SENTENCE_IDENTITY: &str = "sentence_identity";

impl PersistentModule for Identity {
    fn to_state(&self) -> Result<ModuleState, Error> {
        Ok(state_of(IDENTITY, self, BTreeMap::new()))
    }
}

impl PersistentModule for MatrixModule {
    fn to_state(&self) -> Result<ModuleState, Error> {
        let shape = vec![self.query_dim(), self.item_dim()];
        let weight = HostTensor::new("weight", shape, self.weight().iter().copied().collect())?;
        Ok(state_of(MATRIX, self, BTreeMap::from([("weight".to_owned(), weight)])))
    }
}

impl PersistentModule<TokenStates> for SentenceIdentity {
    fn to_state(&self) -> Result<ModuleState, Error> {
        Ok(state_of(SENTENCE_IDENTITY, self, BTreeMap::new()))
    }
}

fn state_of<E: Encoding>(
    kind: &str,
    module: &dyn SearchModule<E>,
    tensors: BTreeMap<String, HostTensor>,
) -> ModuleState {
    let (query_dim, item_dim) = (module.query_dim(), module.item_dim());
    let description = ModuleDescription { kind: kind.to_owned(), query_dim, item_dim, config: json!({}) };
    ModuleState { description, tensors }
}

pub(crate) fn build_identity(state: &ModuleState) -> Result<Box<dyn PersistentModule>, Error> {
    check_tensors(state, &[])?;
    Ok(Box::new(Identity::new(state.description.query_dim)))
}

pub(crate) fn build_sentence_identity(
    state: &ModuleState,
) -> Result<Box<dyn PersistentModule<TokenStates>>, Error> {
    check_tensors(state, &[])?;
    let description = &state.description;
    Ok(Box::new(SentenceIdentity::new(description.query_dim, description.item_dim)))
}

pub(crate) fn build_matrix(state: &ModuleState) -> Result<Box<dyn PersistentModule>, Error> {
    check_tensors(state, &["weight"])?;
    let weight = &state.tensors["weight"];
    let expected = [state.description.query_dim, state.description.item_dim];
    let shaped = Array2::from_shape_vec((expected[0], expected[1]), weight.values().to_vec());
    match shaped {
        Ok(matrix) if weight.shape() == expected => Ok(Box::new(MatrixModule::new(matrix)?)),
        _ => Err(Error::TensorShape {
            name: "weight".to_owned(),
            expected: expected.to_vec(),
            found: weight.shape().to_vec(),
        }),
    }
}

fn check_tensors(state: &ModuleState, expected: &[&str]) -> Result<(), Error> {
    if state.tensors.keys().map(String::as_str).eq(expected.iter().copied()) {
        return Ok(());
    }
    Err(Error::TensorNames {
        kind: state.description.kind.clone(),
        expected: expected.iter().map(|&name| name.to_owned()).collect(),
        found: state.tensors.keys().cloned().collect(),
    })
}
