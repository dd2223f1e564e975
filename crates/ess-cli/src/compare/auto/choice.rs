//! What was chosen on a data set, kept in a folder.

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use burn::tensor::Device;
use ess_auto::{AutoConfig, AutoModule, AutoReport};
use ess_files::FolderLock;
use ess_search::Attachments;
use ess_train::Progress;
use serde::{Deserialize, Serialize};

use crate::automatic::choose;

use super::data_set::{DataSet, Opened};

/// A data set that is opened when it is asked for.
pub(crate) struct Source<'a> {
    pub(crate) data: &'a DataSet,
    config: &'a AutoConfig,
    opened: OnceCell<Opened>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(data: &'a DataSet, config: &'a AutoConfig) -> Self {
        Self { data, config, opened: OnceCell::new() }
    }

    pub(crate) fn opened(&self) -> Result<&Opened> {
        if self.opened.get().is_none() {
            let opened = Opened::open(self.data, self.config).with_context(|| self.data.name.clone())?;
            self.opened.get_or_init(|| opened);
        }
        self.opened.get().context("a data set that was opened")
    }
}

/// What a choice was made of belongs to its module by this name.
const CHOICE: &str = "choice.json";

/// The choice that a folder has, if it has one.
fn kept(folder: &Path) -> Option<Choice> {
    let choice = Attachments::load(folder).ok()?.get(CHOICE)?.clone();
    serde_json::from_value(choice).ok()
}

/// A finished choice with its report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Choice {
    data: DataSet,
    pub(crate) config: AutoConfig,
    pub(crate) report: AutoReport,
    #[serde(skip)]
    pub(crate) folder: PathBuf,
}

impl Choice {
    /// Takes the choice that the folder has, if it is of these data with these settings, or makes it; one that was begun
    /// goes on.
    pub(crate) fn make(
        source: &Source<'_>,
        config: &AutoConfig,
        folder: PathBuf,
        progress: Progress,
        device: &Device,
    ) -> Result<Self> {
        if let Some(kept) = kept(&folder).filter(|kept| (&kept.data, &kept.config) == (source.data, config)) {
            return Ok(Self { folder, ..kept });
        }
        // Before the work, so that a second one is told at once and not after it.
        let mut lock = FolderLock::acquire(&folder)?;
        let opened = source.opened()?;
        let (module, report) = choose(
            &opened.collection,
            [opened.train.as_ref(), opened.dev.as_ref()],
            Some(&opened.texts).into(),
            config,
            Some(&folder.join("journal.json")),
            progress,
            device,
        )?;
        let choice = Self { data: source.data.clone(), config: config.clone(), report, folder };
        module.save_with(&Attachments::default().with(CHOICE, &choice)?, &mut lock)?;
        Ok(choice)
    }

    pub(crate) fn name(&self) -> &str {
        &self.data.name
    }

    pub(crate) fn data(&self) -> &DataSet {
        &self.data
    }

    pub(crate) fn module(&self) -> Result<AutoModule> {
        AutoModule::load(&self.folder)?
            .with_context(|| format!("{}: not an automatic choice", self.folder.display()))
    }
}
