//! Saved searching modules, back from their folders.

use std::path::Path;

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::{DeviceEncoding, Error as SearchError, ModuleState, PersistentModule};

use crate::error::Error;

/// A kind of module that [`load_module`] does not give: the feature that it needs, whether it is on, and how it comes.
type OtherKind = (&'static str, &'static str, bool, &'static str);

const OTHER_KINDS: [OtherKind; 2] = [
    ("auto", "auto", cfg!(feature = "auto"), "`ess_kit::auto::AutoModule::load`"),
    (
        "upper_layers",
        "split",
        cfg!(feature = "split"),
        "`Registry::token_states().with::<ess_kit::encoders::UpperLayers>()`",
    ),
];

/// Loads a searching module over embeddings from its folder, onto the CPU.
///
/// ```
/// use ess_kit::prelude::*;
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// Identity::new(3).to_state()?.save(folder)?;
/// let module = load_module(folder)?;
/// assert_eq!((module.query_dim(), module.item_dim()), (3, 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of [`load_module_on`].
pub fn load_module(folder: impl AsRef<Path>) -> Result<Box<dyn PersistentModule>, Error> {
    load_module_on::<Embeddings>(folder, &Device::flex())
}

/// Loads a searching module over any encoding from its folder, onto a device. Kinds of your own are known to it
/// once `ess_train::register_module` has them; a registry of their own is [`Registry::with`](ess_search::Registry::with).
///
/// # Errors
/// [`Error::Search`] for a folder that is missing, torn or altered, and for a kind that is not known;
/// [`Error::FeatureOff`] for a kind whose feature is off; [`Error::OtherModule`] for one that is loaded another way.
pub fn load_module_on<E: DeviceEncoding + 'static>(
    folder: impl AsRef<Path>,
    device: &Device,
) -> Result<Box<dyn PersistentModule<E>>, Error> {
    let state = ModuleState::load(folder.as_ref())?;
    E::registry().build(&state, device).map_err(|error| match error {
        SearchError::UnknownKind { ref kind, .. } => other_kind(kind).unwrap_or_else(|| error.into()),
        error => error.into(),
    })
}

/// Why a kind is not among those that are built from a folder or a name alone.
pub(crate) fn other_kind(kind: &str) -> Option<Error> {
    OTHER_KINDS.into_iter().find(|other| other.0 == kind).map(refused)
}

fn refused((name, feature, is_on, by): OtherKind) -> Error {
    let what = format!("the kind of module {name:?}");
    match is_on {
        true => Error::OtherModule { expected: "embeddings", found: what, by },
        false => Error::FeatureOff { what, feature },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_refused_by_its_feature_where_that_is_off_and_by_how_it_comes_where_it_is_on() {
        for (name, feature, _, by) in OTHER_KINDS {
            let off = refused((name, feature, false, by)).to_string();
            assert!(off.contains(name) && off.contains(&format!("features = [{feature:?}]")), "{off}");
            let on = refused((name, feature, true, by)).to_string();
            assert!(on.contains(name) && on.contains(by), "{on}");
        }
    }
}
