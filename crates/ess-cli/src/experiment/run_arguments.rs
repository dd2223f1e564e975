//! The flags that all experiments have, whatever they are made on.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use ess_files::FolderLock;

use crate::arguments::paths;

use super::started::Started;

/// With which seeds an experiment is made, and where its page goes.
#[derive(Args)]
pub(crate) struct RunArguments {
    /// Seeds that each module is trained with, from --seed on; figures are their means.
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// The seed of every random step [default: 0].
    #[arg(long)]
    seed: Option<u64>,
    /// The folder to write to.
    #[arg(long, value_name = "DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    out: PathBuf,
}

impl RunArguments {
    /// The first seed.
    pub(super) fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }

    /// Checks the flags, keeps others from writing to the folder, and opens then what the experiment is made on.
    pub(super) fn start<S>(&self, open: impl FnOnce() -> Result<Vec<S>>) -> Result<Started<S>> {
        ensure!((1..=1000).contains(&self.seeds), "--seeds: expected 1 to 1000, found {}", self.seeds);
        let lock = FolderLock::acquire(&self.out)?;
        let seed = self.seed();
        let seeds = (0..self.seeds).map(|more| seed.wrapping_add(more)).collect();
        Ok(Started { sources: open()?, seed, seeds, folder: self.out.clone(), lock })
    }
}
