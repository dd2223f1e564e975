//! From data back to a searching module.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use burn::tensor::Device;
use ess_core::{Embeddings, Identity, MatrixModule, SentenceIdentity, TokenStates};
use ndarray::Array2;

use crate::{
    AnyModule, CompositeModule, DeviceEncoding, Diagonal, Ensemble, Error, GatedSelection, Interpolation,
    KeyValueMemory, LayerAttention, LayerTransformer, Linear, LowRank, MixtureOfExperts, Mlp,
    ModuleDescription, ModuleState, OnDevice, Orthogonal, PersistentModule, Sequence, SimilarityAttention,
    TokenAttention, TokenTransformer, TrainableModule, WeightedEnsemble,
    ensemble::ENSEMBLE,
    init::shapes_only,
    interpolation::INTERPOLATION,
    parameters,
    persistent::{IDENTITY, MATRIX, SENTENCE_IDENTITY},
    registered,
    two_sided::TWO_SIDED,
};

/// How a kind is built from a state.
type Build<E> = Arc<
    dyn Fn(&Registry<E>, &ModuleState, &Device) -> Result<Box<dyn PersistentModule<E>>, Error> + Send + Sync,
>;
/// The config of a kind that can be trained with a number added to its seed; `None` for one that is not the kind's.
type Reseed = fn(&ModuleDescription, u64) -> Option<serde_json::Value>;
/// How a kind that can be trained is made from its config.
type Init<E> =
    Arc<dyn Fn(&Registry<E>, &ModuleDescription, &Device) -> Result<AnyModule<E>, Error> + Send + Sync>;

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
pub struct Registry<E: DeviceEncoding + 'static = Embeddings> {
    kinds: BTreeMap<String, Kind<E>>,
}

enum Kind<E: DeviceEncoding + 'static> {
    Trainable(Init<E>, Reseed),
    Fixed(Build<E>),
}

// Derived, these would ask the same of the encoding.
impl<E: DeviceEncoding + 'static> Clone for Registry<E> {
    fn clone(&self) -> Self {
        Self { kinds: self.kinds.clone() }
    }
}

impl<E: DeviceEncoding + 'static> Clone for Kind<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Trainable(init, reseed) => Self::Trainable(init.clone(), *reseed),
            Self::Fixed(build) => Self::Fixed(build.clone()),
        }
    }
}

impl Default for Registry {
    /// The kinds of this crate that read embeddings, and those that the program registered ([`crate::register`]).
    fn default() -> Self {
        registered::with_registered(Self::own())
    }
}

impl Registry {
    /// The kinds of this crate.
    pub(crate) fn own() -> Self {
        Self::empty()
            .with_fixed(IDENTITY, |_, state, _| build_identity(state))
            .with_fixed(MATRIX, |_, state, _| build_matrix(state))
            .with::<Linear>()
            .with::<LowRank>()
            .with::<Orthogonal>()
            .with::<Diagonal>()
            .with::<GatedSelection>()
            .with::<Mlp>()
            .with::<KeyValueMemory>()
            .with::<LayerAttention>()
            .with::<LayerTransformer>()
            .with_composite::<Sequence>()
            .with_composite::<WeightedEnsemble>()
            .with_composite::<MixtureOfExperts>()
    }
}

impl Registry<TokenStates> {
    /// The kinds of this crate that read token states, and those that the program registered
    /// ([`crate::register_for_tokens`]).
    pub fn token_states() -> Self {
        registered::with_registered_for_tokens(Self::own_token_states())
    }

    /// The kinds of this crate.
    pub(crate) fn own_token_states() -> Self {
        Self::empty()
            .with_fixed(SENTENCE_IDENTITY, |_, state, _| build_sentence_identity(state))
            .with::<TokenAttention>()
            .with::<SimilarityAttention>()
            .with::<TokenTransformer>()
    }
}

impl<E: DeviceEncoding + 'static> Registry<E> {
    /// Knows what averages and interpolates modules alone: where a registry for a richer encoding starts.
    pub fn empty() -> Self {
        Self { kinds: BTreeMap::new() }
            .with_fixed(ENSEMBLE, |registry, state, device| {
                Ok(Box::new(Ensemble::from_state(state, |member| registry.build(member, device))?))
            })
            .with_fixed(INTERPOLATION, |registry, state, device| {
                Ok(Box::new(Interpolation::from_state(state, |member| registry.build(member, device))?))
            })
    }

    /// Adds a kind of trainable module; one that was there under the same name is replaced.
    #[must_use]
    pub fn with<M: TrainableModule<Encoding = E>>(self) -> Self {
        self.with_init::<M>(|_, description, device| {
            AnyModule::new(M::init(&description.parse_config()?, device)?)
        })
    }

    /// Adds a kind of trainable module with parts; one that was there under the same name is replaced.
    #[must_use]
    pub fn with_composite<M: CompositeModule<Encoding = E>>(self) -> Self {
        self.with_init::<M>(|registry, description, device| {
            AnyModule::new(M::init_with(&description.parse_config()?, registry, device)?)
        })
    }

    fn with_init<M: TrainableModule<Encoding = E>>(
        mut self,
        init: impl Fn(&Self, &ModuleDescription, &Device) -> Result<AnyModule<E>, Error> + Send + Sync + 'static,
    ) -> Self {
        let reseed: Reseed = |description, seed| {
            serde_json::to_value(M::reseeded(&description.parse_config().ok()?, seed)).ok()
        };
        self.kinds.insert(M::KIND.to_owned(), Kind::Trainable(Arc::new(init), reseed));
        self
    }

    fn with_fixed(
        mut self,
        kind: &str,
        build: impl Fn(&Self, &ModuleState, &Device) -> Result<Box<dyn PersistentModule<E>>, Error>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.kinds.insert(kind.to_owned(), Kind::Fixed(Arc::new(build)));
        self
    }

    /// A new, untrained module on a device.
    ///
    /// # Errors
    /// [`Error::UnknownKind`]; [`Error::NotTrainable`] for a kind without training; [`Error::ConfigSyntax`] or
    /// [`Error::Config`] for a bad config; [`Error::Core`] for dimensions that are not those of the config.
    pub fn init(&self, description: &ModuleDescription, device: &Device) -> Result<AnyModule<E>, Error> {
        let module = match self.kind(&description.kind)? {
            Kind::Trainable(init, _) => init(self, description, device)?,
            Kind::Fixed(_) => return Err(Error::NotTrainable { kind: description.kind.clone() }),
        };
        check_dims(description, module.query_dim(), module.item_dim())?;
        Ok(module)
    }

    /// The same module with a number added to the seed of its starting values ([`TrainableModule::reseeded`]); as it is,
    /// where the kind is not known or not trained.
    #[must_use]
    pub fn reseeded(&self, description: &ModuleDescription, seed: u64) -> ModuleDescription {
        let config = match self.kinds.get(&description.kind) {
            Some(Kind::Trainable(_, reseed)) => reseed(description, seed),
            _ => None,
        };
        let config = config.unwrap_or_else(|| description.config.clone());
        ModuleDescription { config, ..description.clone() }
    }

    /// Builds a module on a device to train it on, or to put it into another.
    ///
    /// # Errors
    /// Those of [`Registry::init`]; [`Error::TensorNames`] or [`Error::TensorShape`] for tensors that do not fit.
    pub fn trainable(&self, state: &ModuleState, device: &Device) -> Result<AnyModule<E>, Error> {
        let module = shapes_only(|| self.init(&state.description, device))?;
        parameters::replace(module, &state.description.kind, state.tensors.clone())
    }

    /// Builds a module on a device.
    ///
    /// # Errors
    /// [`Error::UnknownKind`]; [`Error::TwoSided`] for a module that trains items too; [`Error::ConfigSyntax`] or [`Error::Config`] for a bad config;
    /// [`Error::TensorNames`] or [`Error::TensorShape`] for tensors that do not fit it.
    pub fn build(&self, state: &ModuleState, device: &Device) -> Result<Box<dyn PersistentModule<E>>, Error> {
        let description = &state.description;
        let module = match self.kind(&description.kind)? {
            Kind::Trainable(..) => Box::new(OnDevice::new(self.trainable(state, device)?, device)) as _,
            Kind::Fixed(build) => build(self, state, device)?,
        };
        check_dims(description, module.query_dim(), module.item_dim())?;
        Ok(module)
    }

    /// Loads a module from a folder onto a device.
    ///
    /// # Errors
    /// Those of [`ModuleState::load`] and [`Registry::build`].
    pub fn load(&self, folder: &Path, device: &Device) -> Result<Box<dyn PersistentModule<E>>, Error> {
        self.build(&ModuleState::load(folder)?, device)
    }

    /// Whether there is a kind of this name.
    pub(crate) fn knows(&self, kind: &str) -> bool {
        kind == TWO_SIDED || self.kinds.contains_key(kind)
    }

    fn kind(&self, kind: &str) -> Result<&Kind<E>, Error> {
        if kind == TWO_SIDED {
            return Err(Error::TwoSided);
        }
        let known = || self.kinds.keys().cloned().collect();
        self.kinds.get(kind).ok_or_else(|| Error::UnknownKind { kind: kind.to_owned(), known: known() })
    }
}

/// Refuses a description whose dimensions are not those of the module.
pub(crate) fn check_dims(
    description: &ModuleDescription,
    query_dim: usize,
    item_dim: usize,
) -> Result<(), Error> {
    let (query, item) = ("query dimension of a saved module", "item dimension of a saved module");
    ess_core::Error::check_dim(query, description.query_dim, query_dim)?;
    Ok(ess_core::Error::check_dim(item, description.item_dim, item_dim)?)
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
