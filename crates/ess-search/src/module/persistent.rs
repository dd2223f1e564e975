//! The trait of searching modules that can become data.

use ess_core::{Embeddings, Encoding, SearchModule};

use crate::{error::Error, store::state::ModuleState};

/// A searching module that can become data. It can therefore be saved, be a member of an
/// [`Ensemble`](crate::Ensemble), and be built again by a [`Registry`](crate::Registry).
///
/// Every [`OnDevice`](crate::OnDevice) implements it, and so do identities, matrices, ensembles and interpolations.
pub trait PersistentModule<E: Encoding = Embeddings>: SearchModule<E> {
    /// The module as data.
    ///
    /// # Errors
    /// [`Error::Device`] when the device cannot give the tensors; [`Error::NonFiniteTensor`] when a value is not
    /// finite.
    fn to_state(&self) -> Result<ModuleState, Error>;

    /// The checksum of what the module maps by, as text. An index of items that the module moved keeps it, so that
    /// queries for other items are refused.
    ///
    /// It is [`ModuleState::checksum_without_config`]: the config is left out, because a later release may add fields to
    /// it. A kind whose config changes the map of the same tensors, such as the weight of an
    /// [`Interpolation`](crate::Interpolation), adds those values.
    ///
    /// # Errors
    /// Those of [`PersistentModule::to_state`].
    fn map_checksum(&self) -> Result<String, Error> {
        Ok(self.to_state()?.checksum_without_config())
    }
}

macro_rules! forward_persistent_module {
    ($($pointer:ty),*) => {$(
        impl<E: Encoding, M: PersistentModule<E> + ?Sized> PersistentModule<E> for $pointer {
            fn to_state(&self) -> Result<ModuleState, Error> {
                (**self).to_state()
            }

            fn map_checksum(&self) -> Result<String, Error> {
                (**self).map_checksum()
            }
        }
    )*};
}

forward_persistent_module!(&M, Box<M>, std::sync::Arc<M>);
