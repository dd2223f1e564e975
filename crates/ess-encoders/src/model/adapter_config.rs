//! adapter_config.json: a change of another model's weights.

use std::{fmt, marker::PhantomData, path::PathBuf};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

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
    ranks: Patterns<usize>,
    alphas: Patterns<f64>,
}

/// Names that modules' names end with, in the order of the file: PEFT takes the first that fits.
#[derive(Debug)]
struct Patterns<T>(Vec<(String, T)>);

#[derive(Deserialize)]
struct RawAdapter {
    base_model_name_or_path: Option<String>,
    r: usize,
    lora_alpha: f64,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    rank_pattern: Patterns<usize>,
    #[serde(default)]
    alpha_pattern: Patterns<f64>,
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
            ranks: raw.rank_pattern,
            alphas: raw.alpha_pattern,
            path,
        };
        config.check()?;
        Ok(Some(config))
    }

    fn check(&self) -> Result<(), Error> {
        let ranks = self.ranks.values().chain([self.rank]);
        if let Some(rank) = ranks.into_iter().find(|&rank| rank == 0) {
            return Err(Error::config(&self.path, "r", "at least 1", rank));
        }
        let alphas = self.alphas.values().chain([self.alpha]);
        if let Some(alpha) = alphas.into_iter().find(|alpha| !alpha.is_finite()) {
            return Err(Error::config(&self.path, "lora_alpha", "a finite number", alpha));
        }
        let is_plain = |name: &str| name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_'));
        for (field, names) in [("rank_pattern", self.ranks.names()), ("alpha_pattern", self.alphas.names())] {
            if let Some(name) = names.into_iter().find(|name| !is_plain(name)) {
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
        let rank = self.ranks.of_module(module).unwrap_or(self.rank);
        let alpha = self.alphas.of_module(module).unwrap_or(self.alpha);
        let by = if self.by_root { (rank as f64).sqrt() } else { rank as f64 };
        (rank, (alpha / by) as f32)
    }
}

impl<T: Copy> Patterns<T> {
    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn values(&self) -> impl Iterator<Item = T> {
        self.0.iter().map(|(_, value)| *value)
    }

    /// The value of the first name that a module's ends with.
    fn of_module(&self, module: &str) -> Option<T> {
        let ends =
            |name: &str| module.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        self.0.iter().find(|(name, _)| ends(name)).map(|(_, value)| *value)
    }
}

impl<T> Default for Patterns<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

// A map of the standard library or of serde_json would forget the order.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patterns<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InOrder(PhantomData))
    }
}

struct InOrder<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for InOrder<T> {
    type Value = Patterns<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("values by names of modules, or null")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Patterns::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found: Vec<(String, T)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, T>()? {
            // Of a name that stands there twice the last value counts, at the place of the first, as in Python.
            match found.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = value,
                None => found.push((name, value)),
            }
        }
        Ok(Patterns(found))
    }
}
