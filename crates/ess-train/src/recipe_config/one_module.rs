//! Kinds that are one trainable module.

use std::{marker::PhantomData, sync::Arc};

use burn::tensor::Device;
use ess_core::{Embeddings, MatrixModule, TokenStates};
use ess_search::{AnyModule, ModuleConfig, PersistentModule, TrainableModule};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{context::RecipeContext, kind::RecipeKind};
use crate::{
    error::Error,
    recipe::{definition::Recipe, module::ModuleRecipe},
};

/// One module over embeddings; its settings are the module's config.
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub(crate) struct OneModule<M: TrainableModule>(M::Config, #[serde(skip)] PhantomData<fn() -> M>);

/// One module over token states; its settings are the module's config.
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub(crate) struct OneTokenModule<M: TrainableModule>(M::Config, #[serde(skip)] PhantomData<fn() -> M>);

macro_rules! of_config {
    ($kind:ident) => {
        impl<M: TrainableModule> $kind<M> {
            pub(super) fn new(config: M::Config) -> Self {
                Self(config, PhantomData)
            }
        }

        impl<M: TrainableModule> Clone for $kind<M> {
            fn clone(&self) -> Self {
                Self::new(self.0.clone())
            }
        }
    };
}

of_config!(OneModule);
of_config!(OneTokenModule);

impl<M: TrainableModule<Encoding = Embeddings, Config: ModuleConfig>> RecipeKind for OneModule<M> {
    const KIND: &'static str = M::KIND;

    fn build(&self, context: &RecipeContext) -> Result<Box<dyn Recipe>, Error> {
        let recipe = from_untrained(self, context)?;
        match sentence_embedding(context).filter(|_| self.reads_layers()) {
            Some(baseline) => {
                Ok(Box::new(recipe.with_baseline(Arc::new(baseline?) as Arc<dyn PersistentModule>)))
            }
            None => Ok(Box::new(recipe)),
        }
    }

    fn reads_layers(&self) -> bool {
        M::Config::READS_LAYERS
    }

    fn has_scoring(&self) -> bool {
        M::Config::HAS_SCORING
    }

    fn untrained(&self, context: &RecipeContext, device: &Device) -> Result<AnyModule, Error> {
        Ok(AnyModule::new(M::init(&context.fill(&self.0)?, device)?)?)
    }
}

impl<M: TrainableModule<Encoding = TokenStates, Config: ModuleConfig>> RecipeKind for OneTokenModule<M> {
    const KIND: &'static str = M::KIND;

    fn build(&self, _context: &RecipeContext) -> Result<Box<dyn Recipe>, Error> {
        Err(Error::AnotherEncoding { kind: M::KIND, reads: "token states", found: "embeddings" })
    }

    fn build_for_tokens(&self, context: &RecipeContext) -> Result<Box<dyn Recipe<TokenStates>>, Error> {
        let config = context.fill(&self.0)?;
        context.check_dims(config.dims())?;
        Ok(Box::new(ModuleRecipe::<M>::new(config)))
    }

    fn reads_token_states(&self) -> bool {
        true
    }

    fn has_scoring(&self) -> bool {
        M::Config::HAS_SCORING
    }

    fn untrained(&self, _context: &RecipeContext, _device: &Device) -> Result<AnyModule, Error> {
        Err(Error::AnotherEncoding { kind: M::KIND, reads: "token states", found: "embeddings" })
    }
}

/// A recipe that trains one module, whose dimensions must be those of the data.
pub(super) fn from_untrained(
    kind: &impl RecipeKind,
    context: &RecipeContext,
) -> Result<ModuleRecipe<AnyModule>, Error> {
    // Made here, for what is wrong to be known before any training, and kept, so that files are read once.
    let module = kind.untrained(context, &Device::flex())?;
    context.check_dims((module.query_dim(), module.item_dim()))?;
    let start = serde_json::to_string(&module.description()?).unwrap_or_default();
    let (again, context_of_start) = (kind.clone(), *context);
    let init = move |seed| match seed {
        0 => Ok(module.clone()),
        seed => {
            let seed = context_of_start.seed.wrapping_add(seed);
            again.untrained(&RecipeContext { seed, ..context_of_start }, &Device::flex())
        }
    };
    Ok(ModuleRecipe::seeded(init, start))
}

/// The first vector of encodings of several layers, where it is of the items' dimension.
fn sentence_embedding(context: &RecipeContext) -> Option<Result<MatrixModule, Error>> {
    let &RecipeContext { query_dim, item_dim, .. } = context;
    let first = || Array2::from_shape_fn((query_dim, item_dim), |(i, j)| f32::from(u8::from(i == j)));
    (item_dim < query_dim && query_dim.is_multiple_of(item_dim)).then(|| Ok(MatrixModule::new(first())?))
}
