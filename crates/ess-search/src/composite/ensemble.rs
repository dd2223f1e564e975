//! The mean of several searching modules.

use ess_core::{Embeddings, Encoding, SearchModule};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::nested;
use crate::{
    error::Error,
    module::persistent::PersistentModule,
    store::state::{ModuleDescription, ModuleState},
};

/// Whether the vectors of members are scaled to unit norm before they are averaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Averaging {
    /// No scaling: a member that returns longer vectors has more weight.
    BeforeNormalization,
    /// Unit norm: all members have the same weight.
    #[default]
    AfterNormalization,
}

/// The mean of what several searching modules of any kind return.
///
/// ```
/// use ess_core::{Embeddings, Identity, MatrixModule, SearchModule};
/// use ess_search::{Averaging, Ensemble};
/// use ndarray::array;
///
/// let swap = MatrixModule::new(array![[0.0, 1.0], [1.0, 0.0]])?;
/// let members: Vec<Box<dyn ess_search::PersistentModule>> = vec![Box::new(Identity::new(2)), Box::new(swap)];
/// let ensemble = Ensemble::new(members, Averaging::BeforeNormalization)?;
/// let queries = Embeddings::from_rows(&[[1.0, 3.0]])?;
/// assert_eq!(ensemble.apply(&queries)?.row(0), &[2.0, 2.0]);
/// # Ok::<(), ess_search::Error>(())
/// ```
pub struct Ensemble<E: Encoding = Embeddings> {
    members: Vec<Box<dyn PersistentModule<E>>>,
    averaging: Averaging,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnsembleConfig {
    averaging: Averaging,
    members: Vec<ModuleDescription>,
}

pub(crate) const ENSEMBLE: &str = "ensemble";

impl<E: Encoding> Ensemble<E> {
    /// An ensemble of `members`, which must agree in both dimensions.
    ///
    /// # Errors
    /// [`Error::Core`] for no member, for members of different dimensions, and for one with a scoring of its own.
    pub fn new(members: Vec<Box<dyn PersistentModule<E>>>, averaging: Averaging) -> Result<Self, Error> {
        let first = members.first().ok_or(ess_core::Error::Empty { what: "members of an ensemble" })?;
        for member in &members {
            let (query, item) =
                ("query dimension of an ensemble's member", "item dimension of an ensemble's member");
            ess_core::Error::check_dim(query, first.query_dim(), member.query_dim())?;
            ess_core::Error::check_dim(item, first.item_dim(), member.item_dim())?;
            member.check_inner_product()?;
        }
        Ok(Self { members, averaging })
    }

    /// The members, in order.
    pub fn members(&self) -> &[Box<dyn PersistentModule<E>>] {
        &self.members
    }

    /// How the vectors of members are averaged.
    pub fn averaging(&self) -> Averaging {
        self.averaging
    }

    /// Builds an ensemble from its state; `build` builds the members.
    pub(crate) fn from_state(
        state: &ModuleState,
        build: impl FnMut(&ModuleState) -> Result<Box<dyn PersistentModule<E>>, Error>,
    ) -> Result<Self, Error> {
        let config: EnsembleConfig = state.parse_config()?;
        Self::new(nested::split(state, config.members, build)?, config.averaging)
    }
}

impl<E: Encoding> SearchModule<E> for Ensemble<E> {
    fn query_dim(&self) -> usize {
        self.members[0].query_dim()
    }

    fn item_dim(&self) -> usize {
        self.members[0].item_dim()
    }

    fn apply(&self, encodings: &E) -> Result<Embeddings, ess_core::Error> {
        let mut sum = Array2::<f32>::zeros((encodings.rows(), self.item_dim()));
        for member in &self.members {
            let vectors = member.apply(encodings)?;
            sum += &match self.averaging {
                Averaging::BeforeNormalization => vectors,
                Averaging::AfterNormalization => vectors.normalized(),
            }
            .view();
        }
        Embeddings::new(sum / self.members.len() as f32)
    }
}

impl<E: Encoding> PersistentModule<E> for Ensemble<E> {
    fn to_state(&self) -> Result<ModuleState, Error> {
        let (members, tensors) = nested::join(self.members.iter().map(|member| &**member))?;
        let config = EnsembleConfig { averaging: self.averaging, members };
        let config = serde_json::to_value(config)
            .map_err(|cause| Error::ConfigSyntax { kind: ENSEMBLE.to_owned(), cause })?;
        let (kind, query_dim, item_dim) = (ENSEMBLE.to_owned(), self.query_dim(), self.item_dim());
        Ok(ModuleState { description: ModuleDescription { kind, query_dim, item_dim, config }, tensors })
    }

    fn map_checksum(&self) -> Result<String, Error> {
        let averaging = serde_json::to_string(&self.averaging)
            .map_err(|cause| Error::ConfigSyntax { kind: ENSEMBLE.to_owned(), cause })?;
        nested::map_checksum(format!("{ENSEMBLE} {averaging}"), self.members.iter().map(|member| &**member))
    }
}
