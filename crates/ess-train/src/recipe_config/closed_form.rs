//! Fits with a closed form, as data.

use super::{config::RecipeConfig, context::RecipeContext, entry::entry, kind::RecipeKind};
use crate::{
    error::Error,
    kinds::table::Entry,
    recipe::{
        closed_form::{
            cca::CcaConfig,
            components::{AllButTheTopConfig, PcaConfig},
            procrustes::ProcrustesConfig,
            recipe::ClosedFormRecipe,
            ridge::{PositivesRidgeConfig, RidgeConfig, SoftmaxRidgeConfig},
            whitening::WhiteningConfig,
        },
        definition::Recipe,
    },
};

macro_rules! closed_form {
    ($($config:ty: $kind:literal,)*) => {$(
        impl RecipeKind for $config {
            const KIND: &'static str = $kind;

            fn build(&self, _context: &RecipeContext) -> Result<Box<dyn Recipe>, Error> {
                self.check()?;
                Ok(Box::new(ClosedFormRecipe::new(self.clone())))
            }
        }
    )*

        /// The entries of the table of recipes.
        pub(super) fn entries() -> Vec<Entry<RecipeConfig>> {
            vec![$(entry::<$config>()),*]
        }
    };
}

closed_form! {
    RidgeConfig: "ridge",
    PositivesRidgeConfig: "positives_ridge",
    SoftmaxRidgeConfig: "softmax_ridge",
    ProcrustesConfig: "procrustes",
    CcaConfig: "cca",
    WhiteningConfig: "whitening",
    PcaConfig: "pca",
    AllButTheTopConfig: "all_but_the_top",
}
