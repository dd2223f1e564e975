//! What a training run trains.

use std::sync::Arc;

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use ess_core::{Embeddings, Scoring, SearchModule};
use ess_search::{DeviceEncoding, ModuleState, Noise, OnDevice, PersistentModule, TrainableModule};

use crate::{data::dev_set::DevSet, error::Error};

/// The sides of a search that a run trains: a searching module over frozen items, or one with a map of the items beside it.
pub(crate) trait Sides: Module + 'static {
    /// What the query side reads.
    type Encoding: DeviceEncoding;

    /// What progress bars and observers call it.
    fn name(&self) -> &str;

    /// All of it but its tensors, as text.
    fn describe(&self) -> Result<String, Error>;

    /// What its modules draw random numbers of steps from, in a fixed order.
    fn noises(&self) -> Vec<&Noise>;

    /// What its modules add to the loss.
    fn penalties(&self) -> Vec<Tensor<1>>;

    /// Whether queries are mapped by something that is trained.
    fn trains_queries(&self) -> bool {
        true
    }

    /// Whether items are mapped too.
    fn trains_items(&self) -> bool {
        false
    }

    /// How mapped queries are compared with items, where that is not the inner product.
    fn row_scoring(&self) -> Option<Arc<dyn Scoring>> {
        None
    }

    /// The queries (`n × d_item`) as they are searched with, for autodiff to follow; with a scoring, its rows.
    fn map_queries(&self, queries: <Self::Encoding as DeviceEncoding>::Tensors) -> Tensor<2>;

    /// The items (`m × d_item`), mapped, for autodiff to follow; asked for where [`Sides::trains_items`].
    fn map_items(&self, items: Tensor<2>) -> Tensor<2> {
        items
    }

    /// The queries as they are searched with now, out of training.
    fn apply(&self, queries: &Self::Encoding, device: &Device) -> Result<Embeddings, Error>;

    /// The dev measure of each query, as it is now.
    fn measure(&self, dev: &DevSet<'_, Self::Encoding>, device: &Device) -> Result<Vec<f64>, Error>;

    /// All of it as data, as it is now.
    fn state(&self, device: &Device) -> Result<ModuleState, Error>;
}

/// A searching module over frozen items.
impl<M: TrainableModule> Sides for M {
    type Encoding = M::Encoding;

    fn name(&self) -> &str {
        self.kind()
    }

    fn describe(&self) -> Result<String, Error> {
        Ok(serde_json::to_string(&self.description()?).unwrap_or_default())
    }

    fn noises(&self) -> Vec<&Noise> {
        TrainableModule::noises(self)
    }

    fn penalties(&self) -> Vec<Tensor<1>> {
        self.penalty().into_iter().collect()
    }

    fn row_scoring(&self) -> Option<Arc<dyn Scoring>> {
        self.scoring()
    }

    fn map_queries(&self, queries: <M::Encoding as DeviceEncoding>::Tensors) -> Tensor<2> {
        self.forward(queries)
    }

    fn apply(&self, queries: &M::Encoding, device: &Device) -> Result<Embeddings, Error> {
        Ok(OnDevice::new(self.clone(), device).apply(queries)?)
    }

    fn measure(&self, dev: &DevSet<'_, M::Encoding>, device: &Device) -> Result<Vec<f64>, Error> {
        dev.per_query(&OnDevice::new(self.clone(), device))
    }

    fn state(&self, device: &Device) -> Result<ModuleState, Error> {
        Ok(OnDevice::new(self.clone(), device).to_state()?)
    }
}
