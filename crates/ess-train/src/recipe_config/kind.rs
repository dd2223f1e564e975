//! What a kind of recipe is.

use std::any::Any;

use burn::tensor::Device;
use ess_core::TokenStates;
use ess_search::AnyModule;
use serde::{Serialize, de::DeserializeOwned};

use super::context::RecipeContext;
use crate::{
    error::Error,
    kinds::{ordered_json::OrderedJson, tagged::tagged},
    recipe::definition::Recipe,
};

/// A kind of recipe: its settings as data, and the recipe that they make.
///
/// A trainable module needs none ([`register_module`](crate::register_module)); this is for recipes that are no single
/// module, such as a fit of one's own. Every setting should have a default (`#[serde(default)]`), and unknown
/// fields should be refused (`deny_unknown_fields`).
///
/// ```
/// use ess_search::{Linear, LinearConfig};
/// use ess_train::{
///     Error, InterpolationRecipe, ModuleRecipe, Recipe, RecipeConfig, RecipeContext, RecipeKind, register_recipe,
/// };
/// use serde::{Deserialize, Serialize};
///
/// /// A linear module, half the way.
/// #[derive(Clone, Default, Serialize, Deserialize)]
/// #[serde(default, deny_unknown_fields)]
/// struct HalfLinear {
///     linear: LinearConfig,
/// }
///
/// impl RecipeKind for HalfLinear {
///     const KIND: &'static str = "half_linear";
///
///     fn build(&self, context: &RecipeContext) -> Result<Box<dyn Recipe>, Error> {
///         let linear = ModuleRecipe::<Linear>::new(context.fill(&self.linear)?);
///         Ok(Box::new(InterpolationRecipe::new(linear, Some(0.5))?))
///     }
/// }
///
/// register_recipe::<HalfLinear>()?;
/// let config: RecipeConfig = serde_json::from_str(r#"{"kind": "ensemble", "members": [{"kind": "half_linear"}]}"#).unwrap();
/// let recipe = config.build(8, 8, 0)?;
/// # Ok::<(), Error>(())
/// ```
pub trait RecipeKind: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name in settings and flags, such as `"linear"`.
    const KIND: &'static str;

    /// The recipe over embeddings.
    ///
    /// # Errors
    /// For settings outside their range; [`Error::AnotherEncoding`] for a kind that does not read embeddings.
    fn build(&self, context: &RecipeContext) -> Result<Box<dyn Recipe>, Error>;

    /// The recipe over token states; refused unless said otherwise.
    ///
    /// # Errors
    /// As [`RecipeKind::build`].
    fn build_for_tokens(&self, context: &RecipeContext) -> Result<Box<dyn Recipe<TokenStates>>, Error> {
        let _ = context;
        Err(Error::AnotherEncoding { kind: Self::KIND, reads: "embeddings", found: "token states" })
    }

    /// Whether it reads token states, and not embeddings. Default: no.
    fn reads_token_states(&self) -> bool {
        false
    }

    /// Whether it reads poolings of a query's layers beside its sentence embedding, one after the other in a row. Default: no.
    fn reads_layers(&self) -> bool {
        false
    }

    /// Whether what it trains has a [`SearchModule::scoring`](ess_core::SearchModule::scoring), so that it can be no part of what averages
    /// vectors. Default: no.
    fn has_scoring(&self) -> bool {
        false
    }

    /// The module before training, to be a part of another; refused unless said otherwise.
    ///
    /// # Errors
    /// [`Error::NotOneModule`] for a recipe of several modules, and those of making the module.
    fn untrained(&self, context: &RecipeContext, device: &Device) -> Result<AnyModule, Error> {
        let _ = (context, device);
        Err(Error::NotOneModule { kind: Self::KIND })
    }
}

/// A [`RecipeKind`] whose type is not known.
pub(super) trait ErasedKind: Send + Sync {
    fn name(&self) -> &'static str;
    fn settings(&self) -> &dyn Any;
    fn to_json(&self) -> Result<OrderedJson, serde_json::Error>;
    fn recipe(&self, context: &RecipeContext) -> Result<Box<dyn Recipe>, Error>;
    fn recipe_for_tokens(&self, context: &RecipeContext) -> Result<Box<dyn Recipe<TokenStates>>, Error>;
    fn is_over_tokens(&self) -> bool;
    fn is_over_layers(&self) -> bool;
    fn is_scored(&self) -> bool;
    fn module(&self, context: &RecipeContext, device: &Device) -> Result<AnyModule, Error>;
}

impl<K: RecipeKind> ErasedKind for K {
    fn name(&self) -> &'static str {
        K::KIND
    }

    fn settings(&self) -> &dyn Any {
        self
    }

    fn to_json(&self) -> Result<OrderedJson, serde_json::Error> {
        tagged(K::KIND, self)
    }

    fn recipe(&self, context: &RecipeContext) -> Result<Box<dyn Recipe>, Error> {
        self.build(context)
    }

    fn recipe_for_tokens(&self, context: &RecipeContext) -> Result<Box<dyn Recipe<TokenStates>>, Error> {
        self.build_for_tokens(context)
    }

    fn is_over_tokens(&self) -> bool {
        self.reads_token_states()
    }

    fn is_over_layers(&self) -> bool {
        self.reads_layers()
    }

    fn is_scored(&self) -> bool {
        self.has_scoring()
    }

    fn module(&self, context: &RecipeContext, device: &Device) -> Result<AnyModule, Error> {
        self.untrained(context, device)
    }
}
