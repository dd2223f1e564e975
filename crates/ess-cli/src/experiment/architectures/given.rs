//! A data set with all that was given of it, and the systems that this makes possible.

use anyhow::{Context, Result};
use ess_core::TokenStates;
use ess_data::EmbeddingStore;
use ess_index::CompressedTokensBuilder;
use ess_train::TrainerConfig;
use serde_json::{Value, json};

use crate::experiment::{
    arguments::ExperimentArguments,
    folder_of::FolderOf,
    source::Source,
    texts::Texts,
    tuned::{FROZEN, Tuned},
};

use super::{
    cross_encoder::CrossEncoderGiven, dense, found::Found, learned::Learned, lexical, max_sim::max_sim,
    modules::Modules, searched::Searched, system::System,
};

/// A data set.
pub(super) struct Given<'a> {
    pub(super) frozen: Source,
    pub(super) texts: Option<Texts>,
    pub(super) tokens: Option<Tokens>,
    pub(super) tuned: Vec<(&'a Tuned, Source)>,
    pub(super) cross_encoder: Option<&'a CrossEncoderGiven>,
}

/// The same queries with their token states.
pub(super) struct Tokens {
    source: Source,
    /// Whether the items have token states too.
    pub(super) of_items: bool,
}

impl Tokens {
    /// Looks which sides have token states. Queries must.
    pub(super) fn of(given: &FolderOf, frozen: &Source, experiment: &ExperimentArguments) -> Result<Self> {
        let has = |name: &str| -> Result<bool> {
            Ok(EmbeddingStore::open_unverified(given.folder.join(name))?.token_dim().is_some())
        };
        let folder = given.folder.display();
        anyhow::ensure!(
            has("queries.safetensors")?,
            "--token-states {folder}: expected queries with token states, as `ess encode --states` keeps them, found vectors alone"
        );
        let source = experiment.source(&frozen.data.embedded_in(&given.folder))?;
        Ok(Self { source, of_items: has("corpus.safetensors")? })
    }
}

impl Given<'_> {
    /// The systems that can be measured, in the order of the table.
    pub(super) fn systems(&self, modules: &Modules<'_>) -> Vec<System> {
        let on = |encoder: &str| {
            let bare = System::BiEncoder { encoder: encoder.to_owned() };
            let module =
                |module: &&str| System::Module { encoder: encoder.to_owned(), module: (*module).to_owned() };
            std::iter::once(bare).chain(modules.of_vectors.iter().map(module)).collect::<Vec<_>>()
        };
        let mut systems = on(FROZEN);
        if self.texts.is_some() {
            systems.insert(0, System::Bm25);
            systems.insert(2, System::Hybrid);
        }
        if let Some(tokens) = &self.tokens {
            let module = |module: &&str| System::TokenModule { module: (*module).to_owned() };
            systems.extend(modules.of_tokens.iter().map(module));
            systems.extend(tokens.of_items.then_some(System::MaxSim));
        }
        systems.extend(self.cross_encoder.map(|given| System::CrossEncoder { depth: given.depth }));
        systems.extend(self.tuned.iter().flat_map(|(tuned, _)| on(&tuned.label)));
        systems
    }

    /// What a system reads.
    pub(super) fn source(&self, system: &System) -> Result<&Source> {
        match system {
            System::TokenModule { .. } | System::MaxSim => Ok(&self.tokens()?.source),
            System::BiEncoder { encoder } | System::Module { encoder, .. } => {
                Ok(self.tuned(encoder).map_or(&self.frozen, |(_, source)| source))
            }
            System::Bm25 | System::Hybrid | System::CrossEncoder { .. } => Ok(&self.frozen),
        }
    }

    /// What its measurement depends on beside the files of the source.
    pub(super) fn settings(&self, system: &System) -> Value {
        let texts = self.texts.as_ref().map(|texts| &texts.files);
        match system {
            System::Bm25 | System::Hybrid => json!({ "texts": texts }),
            System::CrossEncoder { .. } => {
                json!({ "texts": texts, "model": self.cross_encoder.map(|given| &given.model) })
            }
            System::BiEncoder { encoder } => json!({ "cpu_seconds": self.cpu_seconds(encoder) }),
            System::Module { encoder, .. } => {
                json!({ "trainer": TrainerConfig::default(), "cpu_seconds": self.cpu_seconds(encoder) })
            }
            System::TokenModule { .. } => json!({ "trainer": TrainerConfig::default() }),
            System::MaxSim => json!(CompressedTokensBuilder::default()),
        }
    }

    /// Measures a system.
    pub(super) fn measure(&self, system: &System, seed: u64) -> Result<Found> {
        let source = self.source(system)?;
        let texts = || self.texts.as_ref().context("no texts");
        let searched = match system {
            System::Bm25 => lexical::bm25(source.open()?, texts()?)?,
            System::Hybrid => lexical::hybrid(source.open()?, texts()?)?,
            System::BiEncoder { .. } => dense::bi_encoder(source.open()?)?,
            System::MaxSim => max_sim(&source.open_as()?, seed)?,
            System::CrossEncoder { .. } => {
                self.cross_encoder.context("no cross-encoder")?.search(source.open()?, texts()?)?
            }
            System::Module { module, .. } => {
                return Ok(self.learned(system, Learned::on_vectors(source.open()?, module, seed)?));
            }
            System::TokenModule { module } => {
                let learned = Learned::on_token_states(&source.open_as::<TokenStates>()?, module, seed)?;
                return Ok(self.learned(system, learned));
            }
        };
        Ok(self.untrained(system, searched))
    }

    /// A system in which nothing is trained here.
    fn untrained(&self, system: &System, searched: Searched) -> Found {
        let training_cpu_seconds = match system {
            System::BiEncoder { encoder } => self.cpu_seconds(encoder),
            _ => None,
        };
        Found { system: system.clone(), searched, training_cpu_seconds, returned: None }
    }

    fn learned(&self, system: &System, learned: Learned) -> Found {
        let before = match system {
            System::Module { encoder, .. } if encoder != FROZEN => self.cpu_seconds(encoder),
            _ => Some(0.0),
        };
        Found {
            system: system.clone(),
            searched: learned.searched,
            training_cpu_seconds: before.map(|before| before + learned.cpu_seconds),
            returned: Some(learned.returned),
        }
    }

    /// Gives memory back.
    pub(super) fn close(&mut self) {
        self.frozen.close();
        self.tuned.iter_mut().for_each(|(_, source)| source.close());
    }

    fn tokens(&self) -> Result<&Tokens> {
        self.tokens.as_ref().context("no token states")
    }

    fn tuned(&self, label: &str) -> Option<&(&Tuned, Source)> {
        self.tuned.iter().find(|(tuned, _)| tuned.label == label)
    }

    /// What fine-tuning an encoder took, where it is known.
    fn cpu_seconds(&self, encoder: &str) -> Option<f64> {
        self.tuned(encoder).and_then(|(tuned, _)| tuned.cpu_seconds)
    }
}
