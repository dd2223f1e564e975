//! adapter_config.json: a change of another model's weights.

use std::{collections::HashMap, path::PathBuf};

use serde::Deserialize;

use super::{folder::ModelFolder, settings::adapter::ADAPTER};
use crate::error::Error;

/// What an adapter (LoRA: Hu et al., 2021) is added to, and with what weight.
#[derive(Debug)]
pub(crate) struct AdapterConfig {
    pub(crate) path: PathBuf,
    base: Option<String>,
    rank: usize,
    alpha: f64,
    /// Whether the weight is divided by the root of the rank, and not by the rank (Kalajdzievski, 2023).
    by_root: bool,
    ranks: HashMap<String, usize>,
    alphas: HashMap<String, f64>,
}

#[derive(Deserialize)]
struct RawAdapter {
    base_model_name_or_path: Option<String>,
    r: usize,
    lora_alpha: f64,
    #[serde(default)]
    use_rslora: bool,
    rank_pattern: Option<HashMap<String, usize>>,
    alpha_pattern: Option<HashMap<String, f64>>,
}

const FILE: &str = "adapter_config.json";
const WEIGHTS: [&str; 2] = ["adapter_model.safetensors", "adapter_model.bin"];

impl AdapterConfig {
    /// The adapter of a folder, if it has one.
    pub(crate) fn read(folder: &ModelFolder) -> Result<Option<Self>, Error> {
        if !folder.has(FILE) && !WEIGHTS.into_iter().any(|file| folder.has(file)) {
            return Ok(None);
        }
        let path = folder.file(FILE);
        let raw: RawAdapter = folder.settings(FILE, &ADAPTER)?;
        let config = Self {
            base: raw.base_model_name_or_path,
            rank: raw.r,
            alpha: raw.lora_alpha,
            by_root: raw.use_rslora,
            ranks: raw.rank_pattern.unwrap_or_default(),
            alphas: raw.alpha_pattern.unwrap_or_default(),
            path,
        };
        config.check()?;
        Ok(Some(config))
    }

    fn check(&self) -> Result<(), Error> {
        let ranks = self.ranks.values().copied().chain([self.rank]);
        if let Some(rank) = ranks.into_iter().find(|&rank| rank == 0) {
            return Err(Error::config(&self.path, "r", "at least 1", rank));
        }
        let alphas = self.alphas.values().copied().chain([self.alpha]);
        if let Some(alpha) = alphas.into_iter().find(|alpha| !alpha.is_finite()) {
            return Err(Error::config(&self.path, "lora_alpha", "a finite number", alpha));
        }
        let is_plain = |name: &&String| name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_'));
        for (field, mut names) in [
            ("rank_pattern", self.ranks.keys().collect::<Vec<_>>().into_iter()),
            ("alpha_pattern", self.alphas.keys().collect::<Vec<_>>().into_iter()),
        ] {
            if let Some(name) = names.find(|name| !is_plain(name)) {
                return Err(Error::config(&self.path, field, "names of modules, not expressions", name));
            }
        }
        Ok(())
    }

    /// The folder of the weights that are changed: the one that the file names, where that is a folder of this machine (from
    /// the adapter's own on, if it is not a whole path), else the adapter's own, where it has weights too.
    pub(crate) fn base(&self, own: &ModelFolder) -> Result<ModelFolder, Error> {
        let named = self.base.as_deref().filter(|base| !base.is_empty());
        if let Some(base) =
            named.map(|base| own.path().join(base)).filter(|base| base.join("config.json").is_file())
        {
            return ModelFolder::new(&base);
        }
        match own.has("config.json") {
            true => Ok(own.clone()),
            false => {
                let expected =
                    "a folder of this machine, or the base's config.json and weights beside the adapter";
                Err(Error::config(&self.path, "base_model_name_or_path", expected, named.unwrap_or("none")))
            }
        }
    }

    /// The file of its weights.
    pub(crate) fn weights(&self, own: &ModelFolder) -> Result<PathBuf, Error> {
        let found = WEIGHTS.into_iter().find(|file| own.has(file));
        let advice = "adapter_config.json is there, the adapter's weights are not";
        found.map(|file| own.file(file)).ok_or_else(|| own.missing(WEIGHTS[0], advice))
    }

    /// The rank of a module's change, and what its product is multiplied by.
    pub(crate) fn of_module(&self, module: &str) -> (usize, f32) {
        let rank = named(&self.ranks, module).unwrap_or(self.rank);
        let alpha = named(&self.alphas, module).unwrap_or(self.alpha);
        let by = if self.by_root { (rank as f64).sqrt() } else { rank as f64 };
        (rank, (alpha / by) as f32)
    }
}

/// The entry whose name a module's ends with; the longest, where there are several.
fn named<T: Copy>(entries: &HashMap<String, T>, module: &str) -> Option<T> {
    let ends =
        |name: &str| module.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let found = entries.iter().filter(|(name, _)| ends(name)).max_by_key(|(name, _)| name.len());
    found.map(|(_, value)| *value)
}
