//! The shares of a file that several runs of `encode --shard` wrote.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

/// All shares of one file, in order.
pub(crate) struct ShardFiles {
    pub(crate) paths: Vec<PathBuf>,
}

impl ShardFiles {
    /// The shares `name.1-of-n.safetensors` to `name.n-of-n.safetensors` in a folder; `None` where there is none.
    ///
    /// # Errors
    /// When some are missing, or they are shares of different numbers.
    pub(crate) fn find(folder: &Path, name: &str) -> Result<Option<Self>> {
        let mut found = BTreeMap::<usize, BTreeMap<usize, PathBuf>>::new();
        for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            if let Some((number, of)) = share(&file, name) {
                found.entry(of).or_default().insert(number, path);
            }
        }
        let place = folder.display();
        ensure!(found.len() <= 1, "{place}: shares of {name} by {:?}: expected one number", found.keys());
        let Some((of, paths)) = found.pop_first() else { return Ok(None) };
        let missing: Vec<String> = (1..=of)
            .filter(|number| !paths.contains_key(number))
            .take(10)
            .map(|number| number.to_string())
            .collect();
        ensure!(missing.is_empty(), "{place}: shares of {name} are missing: {} of {of}", missing.join(", "));
        Ok(Some(Self { paths: paths.into_values().collect() }))
    }
}

/// The number and the count in a share's name.
fn share(file: &str, name: &str) -> Option<(usize, usize)> {
    let numbers = file.strip_prefix(name)?.strip_prefix('.')?.strip_suffix(".safetensors")?;
    let (number, of) = numbers.split_once("-of-")?;
    let (number, of) = (number.parse().ok()?, of.parse().ok()?);
    (1..=of).contains(&number).then_some((number, of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_shares_are_told_from_others() {
        assert_eq!(share("corpus.2-of-4.safetensors", "corpus"), Some((2, 4)));
        for other in [
            "corpus.safetensors",
            "corpus.5-of-4.safetensors",
            "corpus.0-of-4.safetensors",
            "x.1-of-2.safetensors",
            "corpus.1-of-2.json",
        ] {
            assert_eq!(share(other, "corpus"), None, "{other}");
        }
    }
}
