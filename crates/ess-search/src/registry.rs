//! From data back to a searching module.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use burn::tensor::Device;
use ess_core::{Embeddings, Encoding, Identity, MatrixModule, SentenceIdentity, TokenStates};
use ndarray::Array2;

use crate::{
    Ensemble, Error, Linear, Mlp, ModuleState, OnDevice, PersistentModule, TrainableModule,
    ensemble::ENSEMBLE,
    parameters,
    persistent::{IDENTITY, MATRIX, SENTENCE_IDENTITY},
};

type Build<E> =
    Arc<dyn Fn(&ModuleState, &Device) -> Result<Box<dyn PersistentModule<E>>, Error> + Send + Sync>;

/// The kinds of searching module that can be built from data: those of this crate, and those registered.
///
/// ```
/// use burn::tensor::Device;
/// use ess_search::{Linear, LinearConfig, ModuleState, OnDevice, PersistentModule, Registry, TrainableModule};
///
/// let device = Device::flex();
/// let module = OnDevice::new(Linear::init(&LinearConfig::new(3, 4), &device)?, &device);
/// let folder = tempfile::tempdir().unwrap();
/// module.to_state()?.save(folder.path())?;
/// let loaded = Registry::default().load(folder.path(), &device)?;
/// assert_eq!(loaded.to_state()?, module.to_state()?);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Clone)]
pub struct Registry<E: Encoding = Embeddings> {
    kinds: BTreeMap<String, Build<E>>,
}

impl Default for Registry {
    /// The kinds of this crate.
    fn default() -> Self {
        let mut kinds: BTreeMap<String, Build<Embeddings>> = BTreeMap::new();
        kinds.insert(IDENTITY.to_owned(), Arc::new(|state, _| build_identity(state)));
        kinds.insert(MATRIX.to_owned(), Arc::new(|state, _| build_matrix(state)));
        Self { kinds }.with::<Linear>().with::<Mlp>()
    }
}

impl Registry<TokenStates> {
    /// The kinds of this crate that read token states.
    pub fn token_states() -> Self {
        let mut kinds: BTreeMap<String, Build<TokenStates>> = BTreeMap::new();
        kinds.insert(SENTENCE_IDENTITY.to_owned(), Arc::new(|state, _| build_sentence_identity(state)));
        Self { kinds }
    }
}

impl<E: Encoding + 'static> Registry<E> {
    /// Knows ensembles alone: where a registry for a richer encoding starts.
    pub fn empty() -> Self {
        Self { kinds: BTreeMap::new() }
    }

    /// Adds a kind of trainable module; one that was there under the same name is replaced.
    #[must_use]
    pub fn with<M: TrainableModule<Encoding = E>>(mut self) -> Self {
        self.kinds.insert(M::KIND.to_owned(), Arc::new(build_trainable::<M>));
        self
    }

    /// Builds a module on a device.
    ///
    /// # Errors
    /// [`Error::UnknownKind`]; [`Error::ConfigSyntax`] or [`Error::Config`] for a bad config;
    /// [`Error::TensorNames`] or [`Error::TensorShape`] for tensors that do not fit it.
    pub fn build(&self, state: &ModuleState, device: &Device) -> Result<Box<dyn PersistentModule<E>>, Error> {
        let kind = &state.description.kind;
        let module: Box<dyn PersistentModule<E>> = if kind == ENSEMBLE {
            Box::new(Ensemble::from_state(state, |member| self.build(member, device))?)
        } else {
            let build = self.kinds.get(kind).ok_or_else(|| self.unknown(kind))?;
            build(state, device)?
        };
        let description = &state.description;
        let (query, item) = ("query dimension of a saved module", "item dimension of a saved module");
        ess_core::Error::check_dim(query, description.query_dim, module.query_dim())?;
        ess_core::Error::check_dim(item, description.item_dim, module.item_dim())?;
        Ok(module)
    }

    /// Loads a module from a folder onto a device.
    ///
    /// # Errors
    /// Those of [`ModuleState::load`] and [`Registry::build`].
    pub fn load(&self, folder: &Path, device: &Device) -> Result<Box<dyn PersistentModule<E>>, Error> {
        self.build(&ModuleState::load(folder)?, device)
    }

    fn unknown(&self, kind: &str) -> Error {
        let known = self.kinds.keys().map(String::as_str).chain([ENSEMBLE]).map(str::to_owned).collect();
        Error::UnknownKind { kind: kind.to_owned(), known }
    }
}

fn build_trainable<M: TrainableModule>(
    state: &ModuleState,
    device: &Device,
) -> Result<Box<dyn PersistentModule<M::Encoding>>, Error> {
    let module = M::init(&state.parse_config()?, device)?;
    let module = parameters::replace(module, M::KIND, state.tensors.clone())?;
    Ok(Box::new(OnDevice::new(module, device)))
}

fn build_identity(state: &ModuleState) -> Result<Box<dyn PersistentModule>, Error> {
    check_tensors(state, &[])?;
    Ok(Box::new(Identity::new(state.description.query_dim)))
}

fn build_sentence_identity(state: &ModuleState) -> Result<Box<dyn PersistentModule<TokenStates>>, Error> {
    check_tensors(state, &[])?;
    let description = &state.description;
    Ok(Box::new(SentenceIdentity::new(description.query_dim, description.item_dim)))
}

fn build_matrix(state: &ModuleState) -> Result<Box<dyn PersistentModule>, Error> {
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
