//! Queries and items that are trained together.

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use ess_core::{Embeddings, Identity};
use ess_search::{
    AnyModule, ItemSide, ModuleState, Noise, OnDevice, PersistentModule, TrainableModule, TwoSided,
};

use crate::{
    data::{dev_set::DevSet, items::Items},
    error::Error,
    trainer::sides::Sides,
};

/// A searching module and the item side.
#[derive(Module, Debug)]
pub(super) struct TwoSides {
    /// The query side; `None` for the identity.
    query: Option<AnyModule>,
    /// The items' own map, where they have one.
    map: Option<AnyModule>,
    #[module(skip)]
    items: ItemPart,
    #[module(skip)]
    query_dim: usize,
}

/// What happens to the items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ItemPart {
    Frozen,
    Shared,
    Map,
}

impl TwoSides {
    /// A query side, `None` for the identity over queries of this dimension, and frozen items.
    pub(super) fn new(query: Option<AnyModule>, query_dim: usize) -> Self {
        Self { query, map: None, items: ItemPart::Frozen, query_dim }
    }

    /// The same query side, and items that are mapped by `map`, or by the query side's module where there is none.
    pub(super) fn with_items(self, map: Option<AnyModule>) -> Self {
        let items = if map.is_some() { ItemPart::Map } else { ItemPart::Shared };
        Self { map, items, ..self }
    }

    /// Refuses queries and items of other dimensions.
    pub(super) fn check(&self, items: &Items<'_>) -> Result<(), Error> {
        let sides = self.snapshot(items.device())?;
        ess_core::Error::check_dim("training queries", sides.query_side().query_dim(), self.query_dim)?;
        let what = "items that a module is trained against";
        Ok(ess_core::Error::check_dim(what, sides.item_dim(), items.embeddings().dim())?)
    }

    /// Both sides as they are now, out of training.
    pub(super) fn snapshot(&self, device: &Device) -> Result<TwoSided, Error> {
        let on_device = |module: &AnyModule| OnDevice::new(module.clone(), device);
        let items = match (self.items, &self.map) {
            (ItemPart::Frozen, _) => ItemSide::Frozen,
            (_, Some(map)) => ItemSide::Map(std::sync::Arc::new(on_device(map))),
            (_, None) => ItemSide::Shared,
        };
        Ok(TwoSided::new(self.query_side(device), items)?)
    }

    fn query_side(&self, device: &Device) -> Box<dyn PersistentModule> {
        match &self.query {
            Some(module) => Box::new(OnDevice::new(module.clone(), device)),
            None => Box::new(Identity::new(self.query_dim)),
        }
    }

    fn modules(&self) -> impl Iterator<Item = &AnyModule> {
        [&self.query, &self.map].into_iter().flatten()
    }
}

impl Sides for TwoSides {
    type Encoding = Embeddings;

    fn name(&self) -> &str {
        if self.items == ItemPart::Frozen { "query side" } else { "two sides" }
    }

    fn describe(&self) -> Result<String, Error> {
        let modules = [&self.query, &self.map].map(|module| module.as_ref().map(AnyModule::config));
        let modules = serde_json::to_string(&modules).unwrap_or_default();
        Ok(format!("two sides, {modules}, items {:?}", self.items))
    }

    fn noises(&self) -> Vec<&Noise> {
        self.modules().flat_map(TrainableModule::noises).collect()
    }

    fn penalties(&self) -> Vec<Tensor<1>> {
        self.modules().filter_map(TrainableModule::penalty).collect()
    }

    fn trains_queries(&self) -> bool {
        self.query.is_some()
    }

    fn trains_items(&self) -> bool {
        self.items != ItemPart::Frozen
    }

    fn map_queries(&self, queries: Tensor<2>) -> Tensor<2> {
        match &self.query {
            Some(module) => module.forward(queries),
            None => queries,
        }
    }

    fn map_items(&self, items: Tensor<2>) -> Tensor<2> {
        match &self.map {
            Some(map) => map.forward(items),
            None => self.map_queries(items),
        }
    }

    fn apply(&self, queries: &Embeddings, device: &Device) -> Result<Embeddings, Error> {
        Ok(self.query_side(device).apply(queries)?)
    }

    fn measure(&self, dev: &DevSet<'_, Embeddings>, device: &Device) -> Result<Vec<f64>, Error> {
        dev.per_query_of_sides(&self.snapshot(device)?)
    }

    fn state(&self, device: &Device) -> Result<ModuleState, Error> {
        Ok(self.snapshot(device)?.to_state()?)
    }
}
