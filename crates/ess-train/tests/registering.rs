//! A kind is registered for settings and for saved modules, or for neither.

#![cfg(feature = "closed-forms")]
#![allow(clippy::unwrap_used, reason = "a test may")]

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor},
};
use ess_core::Embeddings;
use ess_search::{LinearConfig, OnDevice, PersistentModule, Registry, TrainableModule};
use ess_train::{Error, RecipeConfig, register_module};

/// A module of a name that scales each component.
macro_rules! scaling {
    ($type:ident, $kind:literal) => {
        #[derive(Module, Debug)]
        struct $type {
            scales: Param<Tensor<1>>,
            #[module(skip)]
            config: LinearConfig,
        }

        impl TrainableModule for $type {
            const KIND: &'static str = $kind;
            type Config = LinearConfig;
            type Encoding = Embeddings;

            fn init(config: &LinearConfig, device: &Device) -> Result<Self, ess_search::Error> {
                let scales = Param::from_tensor(Tensor::ones([config.query_dim], device));
                Ok(Self { scales, config: config.clone() })
            }

            fn config(&self) -> &LinearConfig {
                &self.config
            }

            fn query_dim(&self) -> usize {
                self.config.query_dim
            }

            fn item_dim(&self) -> usize {
                self.config.item_dim
            }

            fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
                queries * self.scales.val().unsqueeze()
            }
        }
    };
}

scaling!(NamedAsTheIdentity, "identity");
scaling!(NamedAsMatrices, "matrix");
scaling!(NamedAsBothSides, "two_sided");
scaling!(NamedAsAFit, "ridge");
scaling!(AnotherNamedAsAFit, "ridge");
scaling!(NamedAsAutomaticChoice, "auto");
scaling!(NamedAsItemOffsets, "offsets");
scaling!(NamedWithAHyphen, "two-scales");
scaling!(Scaling, "scaling");

#[test]
fn a_name_that_one_table_has_is_added_to_neither() {
    let before = RecipeConfig::kinds();
    let refused: [Result<(), Error>; 7] = [
        register_module::<NamedAsTheIdentity>(),
        register_module::<NamedAsMatrices>(),
        register_module::<NamedAsBothSides>(),
        register_module::<NamedAsAFit>(),
        register_module::<NamedAsAutomaticChoice>(),
        register_module::<NamedAsItemOffsets>(),
        register_module::<NamedWithAHyphen>(),
    ];
    assert!(refused.iter().all(Result::is_err), "{refused:?}");
    assert_eq!(RecipeConfig::kinds(), before);
    // What was refused as a recipe is still free as a saved kind.
    ess_search::register::<AnotherNamedAsAFit>().unwrap();
    register_module::<Scaling>().unwrap();
    register_module::<Scaling>().unwrap();
    let kinds = RecipeConfig::kinds();
    assert_eq!(kinds.iter().filter(|kind| **kind == "scaling").count(), 1);
    let folder = tempfile::tempdir().unwrap();
    let config = LinearConfig { query_dim: 3, item_dim: 3, bias: false, ..LinearConfig::default() };
    let scaling = Scaling::init(&config, &Device::flex()).unwrap();
    let state = OnDevice::new(scaling, &Device::flex()).to_state().unwrap();
    state.save(folder.path()).unwrap();
    Registry::default().load(folder.path(), &Device::flex()).unwrap();
}
