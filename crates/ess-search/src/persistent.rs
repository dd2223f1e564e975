//! Searching modules that can become data.

use std::collections::BTreeMap;

use ess_core::{Embeddings, Encoding, Identity, MatrixModule, SearchModule, SentenceIdentity, TokenStates};
use serde_json::json;

use crate::{Error, HostTensor, ModuleDescription, ModuleState, OnDevice, TrainableModule, parameters};

/// A searching module that can become data, and so be saved, be a member of an [`Ensemble`](crate::Ensemble), and
/// be built again by a [`Registry`](crate::Registry).
///
/// Every trainable module on a device is one; so are the identity, a matrix and an ensemble.
pub trait PersistentModule<E: Encoding = Embeddings>: SearchModule<E> {
    /// The module as data.
    ///
    /// # Errors
    /// [`Error::Device`] when the device cannot give the tensors, [`Error::NonFiniteTensor`] when one diverged.
    fn to_state(&self) -> Result<ModuleState, Error>;
}

impl<M: TrainableModule> PersistentModule<M::Encoding> for OnDevice<M> {
    fn to_state(&self) -> Result<ModuleState, Error> {
        let module = self.module();
        Ok(ModuleState { description: module.description()?, tensors: parameters::read(module)? })
    }
}

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

macro_rules! forward_persistent_module {
    ($($pointer:ty),*) => {$(
        impl<E: Encoding, M: PersistentModule<E> + ?Sized> PersistentModule<E> for $pointer {
            fn to_state(&self) -> Result<ModuleState, Error> {
                (**self).to_state()
            }
        }
    )*};
}

forward_persistent_module!(&M, Box<M>, std::sync::Arc<M>);
