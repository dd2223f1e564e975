//! Saved searching modules, back from their folders for every command that takes one.

use std::path::Path;

use anyhow::{Context, Error, Result, anyhow, bail};
use burn::tensor::Device;
use ess_auto::AutoModule;
use ess_core::{Embeddings, Identity, SearchModule, TokenStates};
use ess_index::{IndexFile, ItemVectors};
use ess_search::{Error as SearchError, ItemSide, ModuleState, PersistentModule, Registry, TwoSided};

use crate::settings::run_config::RunConfig;

/// The kind of module that encoders are split into.
const UPPER_LAYERS: &str = "upper_layers";

/// What a folder of a searching module has.
pub(crate) enum SavedModule {
    /// A searching module.
    Module(SearchingModule),
    /// What `ess train --module auto` chose.
    Choice(Box<AutoModule>),
}

/// A searching module, by what it reads.
pub(crate) enum SearchingModule {
    /// It reads embeddings. It may move items too.
    Embeddings(TwoSided),
    /// It reads token states.
    TokenStates(Box<dyn PersistentModule<TokenStates>>),
    /// It reads the query and so many items that a first pass finds.
    Feedback(Box<dyn PersistentModule<TokenStates>>, usize),
}

impl SavedModule {
    /// Loads any kind that this program knows: ESS's own and those that a program registered.
    ///
    /// # Errors
    /// For a folder that is missing or damaged, and for a kind that is not known: the error says which are.
    pub(crate) fn load(folder: &Path, device: &Device) -> Result<Self> {
        if let Some(choice) = AutoModule::load(folder)? {
            return Ok(Self::Choice(Box::new(choice)));
        }
        let what = || format!("the searching module in {}", folder.display());
        SearchingModule::build(&ModuleState::load(folder)?, folder, device)
            .with_context(what)
            .map(Self::Module)
    }
}

impl SearchingModule {
    /// The frozen encoder: no module, and items as they are.
    ///
    /// # Errors
    /// Those of [`TwoSided::new`].
    pub(crate) fn frozen(dim: usize) -> Result<Self> {
        Ok(Self::Embeddings(TwoSided::new(Box::new(Identity::new(dim)), ItemSide::Frozen)?))
    }

    /// As [`SavedModule::load`], for a command that needs a map of queries.
    ///
    /// # Errors
    /// Those of [`SavedModule::load`], and for a choice.
    pub(crate) fn load(folder: &Path, device: &Device) -> Result<Self> {
        match SavedModule::load(folder, device)? {
            SavedModule::Module(module) => Ok(module),
            SavedModule::Choice(_) => bail!(
                "{}: expected a searching module, found a choice of `ess train --module auto`, which adds up features of \
                 query and item and is no map of queries: search with it by `ess evaluate --write-run FILE`",
                folder.display()
            ),
        }
    }

    fn build(state: &ModuleState, folder: &Path, device: &Device) -> Result<Self> {
        let known = match TwoSided::from_state(state, &Registry::default(), device) {
            Err(SearchError::UnknownKind { known, .. }) => known,
            sides => return Ok(Self::Embeddings(sides?)),
        };
        match token_states().build(state, device) {
            Ok(module) => Ok(match RunConfig::of_module(folder)?.and_then(|config| config.feedback) {
                Some(depth) => Self::Feedback(module, depth),
                None => Self::TokenStates(module),
            }),
            Err(SearchError::UnknownKind { kind, known: more }) => {
                Err(unknown(&kind, [known, more].concat()))
            }
            Err(SearchError::TwoSided) => {
                let [query, item] = ["query_side", "item_side"].map(|side| &state.description.config[side]);
                bail!(
                    "a kind of one of its sides is unknown; known: {}; found: {query}, {item}",
                    known.join(", ")
                )
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The dimensions of what it reads, and of the items as the encoder returns them.
    pub(crate) fn dims(&self) -> (usize, usize) {
        match self {
            Self::Embeddings(sides) => (sides.query_side().query_dim(), sides.item_dim()),
            Self::TokenStates(module) | Self::Feedback(module, _) => (module.query_dim(), module.item_dim()),
        }
    }

    /// Refuses a module whose rows an index file of inner products cannot be asked with.
    ///
    /// # Errors
    /// For one with a scoring of its own, such as a Poly-encoder.
    pub(crate) fn check_inner_product(&self) -> Result<()> {
        let checked = match self {
            Self::Embeddings(sides) => sides.query_side().check_inner_product(),
            Self::TokenStates(module) | Self::Feedback(module, _) => module.check_inner_product(),
        };
        checked.context("an index file finds by inner product; ess evaluate scores every item by the module")
    }

    /// Which vectors of the items it maps queries for.
    ///
    /// # Errors
    /// Those of [`TwoSided::item_side_checksum`].
    pub(crate) fn item_vectors(&self) -> Result<ItemVectors> {
        let checksum = match self {
            Self::Embeddings(sides) => sides.item_side_checksum()?,
            Self::TokenStates(_) | Self::Feedback(..) => None,
        };
        Ok(checksum.map_or(ItemVectors::Encoded, ItemVectors::Moved))
    }

    /// Refuses an index of other vectors than it maps queries for. Returns whether the index file does not say which it has.
    ///
    /// # Errors
    /// Those of [`IndexFile::check_vectors`].
    pub(crate) fn check_index(&self, index: &IndexFile) -> Result<bool> {
        let earlier = match self {
            Self::Embeddings(sides) => sides.earlier_item_side_checksums()?,
            Self::TokenStates(_) | Self::Feedback(..) => Vec::new(),
        };
        match index.vectors()? {
            Some(ItemVectors::Moved(found)) if earlier.contains(&found) => Ok(false),
            found => {
                index.check_vectors(&self.item_vectors()?)?;
                Ok(found.is_none())
            }
        }
    }

    /// The items to be indexed where it moves them; `None` where they stay as they are.
    ///
    /// # Errors
    /// For items that are not those that it was trained with.
    pub(crate) fn moved(&self, items: &Embeddings) -> Result<Option<Embeddings>> {
        match self {
            Self::Embeddings(sides) => {
                Ok(sides.map_items(items).context("the items of the searching module")?)
            }
            Self::TokenStates(_) | Self::Feedback(..) => Ok(None),
        }
    }
}

/// The kinds that read token states.
fn token_states() -> Registry<TokenStates> {
    let registry = Registry::token_states();
    #[cfg(feature = "encoders")]
    let registry = registry.with::<ess_encoders::UpperLayers>();
    registry
}

fn unknown(kind: &str, mut known: Vec<String>) -> Error {
    if kind == UPPER_LAYERS {
        return anyhow!("expected a kind of this build, found {kind:?}: build with `--features encoders`");
    }
    known.sort();
    known.dedup();
    anyhow!(
        "expected a kind that this program knows ({}), found {kind:?}: a kind of another crate is known to a program that \
         registers it and then runs `ess_cli::main`",
        known.join(", ")
    )
}
