//! A searching module between the identity and another module.

use ess_core::{Embeddings, Encoding, SearchModule};
use serde::{Deserialize, Serialize};

use super::nested;
use crate::{
    error::Error,
    module::persistent::PersistentModule,
    store::state::{ModuleDescription, ModuleState},
};

/// `z = (1 − λ) identity(q) + λ f(q)`: a module `f`, shrunk towards the frozen encoder's own ranking.
///
/// `identity` is any module that gives the frozen encoder's own ranking: [`Identity`](ess_core::Identity) for
/// embeddings, and [`DeviceEncoding::identity`](crate::DeviceEncoding::identity) for any encoding.
///
/// ```
/// use ess_core::{Embeddings, Identity, MatrixModule, SearchModule};
/// use ess_search::Interpolation;
/// use ndarray::array;
///
/// let swap = MatrixModule::new(array![[0.0, 1.0], [1.0, 0.0]])?;
/// let half = Interpolation::new(Box::new(Identity::new(2)), Box::new(swap), 0.25)?;
/// let queries = Embeddings::from_rows(&[[4.0, 0.0]])?;
/// assert_eq!(half.apply(&queries)?.row(0), &[3.0, 1.0]);
/// # Ok::<(), ess_search::Error>(())
/// ```
pub struct Interpolation<E: Encoding = Embeddings> {
    identity: Box<dyn PersistentModule<E>>,
    module: Box<dyn PersistentModule<E>>,
    weight: f32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InterpolationConfig {
    weight: f32,
    members: Vec<ModuleDescription>,
}

pub(crate) const INTERPOLATION: &str = "interpolation";

impl<E: Encoding> Interpolation<E> {
    /// The interpolation of `identity` and `module` with `weight`, which is `λ` in `0..=1`.
    ///
    /// # Errors
    /// [`Error::Config`] for another weight; [`Error::Core`] for modules of different dimensions, and for one with a scoring
    /// of its own.
    pub fn new(
        identity: Box<dyn PersistentModule<E>>,
        module: Box<dyn PersistentModule<E>>,
        weight: f32,
    ) -> Result<Self, Error> {
        if !(0.0..=1.0).contains(&weight) {
            let (kind, name, expected) = (INTERPOLATION, "weight", "between 0 and 1".to_owned());
            return Err(Error::Config { kind, name, expected, found: weight.to_string() });
        }
        let (query, item) =
            ("query dimension of an interpolated module", "item dimension of an interpolated module");
        ess_core::Error::check_dim(query, identity.query_dim(), module.query_dim())?;
        ess_core::Error::check_dim(item, identity.item_dim(), module.item_dim())?;
        module.check_inner_product()?;
        Ok(Self { identity, module, weight })
    }

    /// The weight of the module, `λ`.
    pub fn weight(&self) -> f32 {
        self.weight
    }

    /// The module, `f`.
    pub fn module(&self) -> &dyn PersistentModule<E> {
        &*self.module
    }

    pub(crate) fn from_state(
        state: &ModuleState,
        build: impl FnMut(&ModuleState) -> Result<Box<dyn PersistentModule<E>>, Error>,
    ) -> Result<Self, Error> {
        let config: InterpolationConfig = state.parse_config()?;
        let mut members = nested::split(state, config.members, build)?.into_iter();
        match (members.next(), members.next(), members.next()) {
            (Some(identity), Some(module), None) => Self::new(identity, module, config.weight),
            _ => Err(Error::Config {
                kind: INTERPOLATION,
                name: "members",
                expected: "two".into(),
                found: "another number".into(),
            }),
        }
    }
}

impl<E: Encoding> SearchModule<E> for Interpolation<E> {
    fn query_dim(&self) -> usize {
        self.module.query_dim()
    }

    fn item_dim(&self) -> usize {
        self.module.item_dim()
    }

    fn apply(&self, encodings: &E) -> Result<Embeddings, ess_core::Error> {
        let mapped = self.module.apply(encodings)?;
        let frozen = self.identity.apply(encodings)?;
        let between =
            frozen.view().to_owned() * (1.0 - self.weight) + &(mapped.view().to_owned() * self.weight);
        Embeddings::new(between)
    }
}

impl<E: Encoding> PersistentModule<E> for Interpolation<E> {
    fn to_state(&self) -> Result<ModuleState, Error> {
        let (members, tensors) = nested::join([&*self.identity, &*self.module])?;
        let config = serde_json::to_value(InterpolationConfig { weight: self.weight, members })
            .map_err(|cause| Error::ConfigSyntax { kind: INTERPOLATION.to_owned(), cause })?;
        let (kind, query_dim, item_dim) = (INTERPOLATION.to_owned(), self.query_dim(), self.item_dim());
        Ok(ModuleState { description: ModuleDescription { kind, query_dim, item_dim, config }, tensors })
    }

    fn map_checksum(&self) -> Result<String, Error> {
        let own = format!("{INTERPOLATION} {}", self.weight);
        nested::map_checksum(own, [&*self.identity, &*self.module])
    }
}
