//! The trait that a trainable searching module implements.

use std::sync::Arc;

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use ess_core::Scoring;
use serde::{Serialize, de::DeserializeOwned};

use super::{device_encoding::DeviceEncoding, noise::Noise};
use crate::{error::Error, store::state::ModuleDescription};

/// A searching module that can be trained: a Burn module with a config.
///
/// A type that implements it can be trained (`ess-train`), averaged, saved and loaded
/// ([`Registry`](crate::Registry)), and used on any device, without more code. The device is chosen at run time, so
/// one implementation serves CPU and GPU.
///
/// ```
/// use burn::{module::{Module, Param}, tensor::{Device, Tensor}};
/// use ess_core::{Embeddings, SearchModule};
/// use ess_search::{Error, OnDevice, TrainableModule};
/// use serde::{Deserialize, Serialize};
///
/// /// Weighs each dimension of the query: `z = q ⊙ w`, with `w = 1` at the start.
/// #[derive(Module, Debug)]
/// struct Selection {
///     weight: Param<Tensor<1>>,
///     #[module(skip)]
///     config: SelectionConfig,
/// }
///
/// #[derive(Clone, Debug, Serialize, Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct SelectionConfig {
///     dim: usize,
/// }
///
/// impl TrainableModule for Selection {
///     const KIND: &'static str = "selection";
///     type Config = SelectionConfig;
///     type Encoding = Embeddings;
///
///     fn init(config: &SelectionConfig, device: &Device) -> Result<Self, Error> {
///         let weight = Param::from_tensor(Tensor::ones([config.dim], device));
///         Ok(Self { weight, config: config.clone() })
///     }
///     fn config(&self) -> &SelectionConfig { &self.config }
///     fn query_dim(&self) -> usize { self.config.dim }
///     fn item_dim(&self) -> usize { self.config.dim }
///     fn forward(&self, queries: Tensor<2>) -> Tensor<2> { queries * self.weight.val().unsqueeze() }
/// }
///
/// let device = Device::flex();
/// let module = OnDevice::new(Selection::init(&SelectionConfig { dim: 2 }, &device)?, &device);
/// let queries = Embeddings::from_rows(&[[1.0, 2.0]])?;
/// assert_eq!(module.apply(&queries)?, queries);
/// # Ok::<(), Error>(())
/// ```
pub trait TrainableModule: Module + Sync + 'static {
    /// The name of the kind in saved modules and settings, such as `"linear"`.
    const KIND: &'static str;

    /// The config of the module. It should refuse unknown fields (`deny_unknown_fields`).
    type Config: Clone + Serialize + DeserializeOwned + Send + Sync;

    /// The encoding that the module reads, mostly [`ess_core::Embeddings`].
    type Encoding: DeviceEncoding;

    /// A new module. The same config gives the same module, to the last bit, on every device.
    ///
    /// Parameters made by [`Init`](crate::Init) take no memory while a saved config is compared with the saved
    /// tensors. A kind that makes its parameters in another way should check in its config that there are not too
    /// many.
    ///
    /// # Errors
    /// [`Error::Config`] for settings outside their range.
    fn init(config: &Self::Config, device: &Device) -> Result<Self, Error>;

    /// The config with a number added to the seed of its starting values. Through it the seed of a trainer reaches
    /// the module; 0 changes nothing. Default: the config unchanged, for kinds without random starting values.
    #[must_use]
    fn reseeded(config: &Self::Config, seed: u64) -> Self::Config {
        let _ = seed;
        config.clone()
    }

    /// The config that the module was made from.
    fn config(&self) -> &Self::Config;

    /// The dimension of the encodings that the module reads, `d_query`.
    fn query_dim(&self) -> usize;

    /// The dimension of the items that the module searches, `d_item`; also that of the vectors that it returns, unless it has a
    /// [`TrainableModule::scoring`].
    fn item_dim(&self) -> usize;

    /// The similarity that the rows which it returns are meant for, where that is not the inner product
    /// ([`SearchModule::scoring`](ess_core::SearchModule::scoring)). Default: `None`.
    fn scoring(&self) -> Option<Arc<dyn Scoring>> {
        None
    }

    /// Refuses encodings that [`TrainableModule::forward`] cannot read. Default: those of another dimension than
    /// [`TrainableModule::query_dim`].
    ///
    /// # Errors
    /// [`Error::Core`] with what was expected and found.
    fn check_encodings(&self, encodings: &Self::Encoding) -> Result<(), Error> {
        let what = "queries given to a searching module";
        Ok(ess_core::Error::check_dim(what, self.query_dim(), encodings.dim())?)
    }

    /// Maps encoded queries (`n × d_query`) into the item space (`n × d_item`), or to rows of its scoring (`n × width`).
    fn forward(&self, queries: <Self::Encoding as DeviceEncoding>::Tensors) -> Tensor<2>;

    /// The sources of random numbers of training steps, such as those of dropout, in a fixed order, and those of its
    /// parts. Default: none.
    fn noises(&self) -> Vec<&Noise> {
        Vec::new()
    }

    /// A term that training adds to the loss, such as a penalty on open gates, as a tensor of one component. Default:
    /// none.
    fn penalty(&self) -> Option<Tensor<1>> {
        None
    }

    /// The name of the kind: [`TrainableModule::KIND`], and for an [`AnyModule`](crate::AnyModule) the kind of the
    /// module inside.
    fn kind(&self) -> &str {
        Self::KIND
    }

    /// The module without its tensors, as data.
    ///
    /// # Errors
    /// [`Error::ConfigSyntax`] for a config that cannot be written as JSON.
    fn description(&self) -> Result<ModuleDescription, Error> {
        let config = serde_json::to_value(self.config())
            .map_err(|cause| Error::ConfigSyntax { kind: Self::KIND.to_owned(), cause })?;
        let (query_dim, item_dim) = (self.query_dim(), self.item_dim());
        Ok(ModuleDescription { kind: Self::KIND.to_owned(), query_dim, item_dim, config })
    }
}

/// The largest dimension that the modules of this crate accept. It bounds the memory for which a damaged config can
/// ask.
pub const MAX_DIM: usize = 1 << 14;

/// The largest number of parameters of one module: two matrices of the largest dimension.
pub(crate) const MAX_PARAMETERS: usize = 2 * MAX_DIM * MAX_DIM;

/// Refuses a dimension outside `1..=MAX_DIM`.
pub(crate) fn check_dim(kind: &'static str, name: &'static str, dim: usize) -> Result<(), Error> {
    if (1..=MAX_DIM).contains(&dim) {
        return Ok(());
    }
    Err(Error::Config { kind, name, expected: format!("between 1 and {MAX_DIM}"), found: dim.to_string() })
}
