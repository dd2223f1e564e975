//! Saved searching modules of a folder, as one set.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use ess_core::ModuleSet;
use ess_train::{FitReport, GuardDecision};

use crate::{error::Error, load_module::load_module};

/// Searching modules over embeddings by the names of their folders, and what the baseline guard said of each.
pub struct OpenedModules {
    /// The modules, each loaded when it is first asked for.
    pub modules: ModuleSet,
    /// The guard's decision of those that have a report (`training.json`, as `ess train` writes it) beside them. A module whose guard
    /// returned the identity is the identity.
    pub evidence: BTreeMap<String, GuardDecision>,
}

/// Opens every saved module (`ess train --out FOLDER/NAME`) right below a folder, for queries of dimension `query_dim` and items of
/// dimension `item_dim`. Other files and folders are ignored.
///
/// ```
/// use ess_kit::{open_modules, prelude::*};
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// Identity::new(2).to_state()?.save(&folder.join("tenant-a"))?;
/// Identity::new(2).to_state()?.save(&folder.join("tenant-b"))?;
/// let opened = open_modules(folder, 2, 2)?;
/// assert_eq!(opened.modules.names(), ["tenant-a", "tenant-b"]);
///
/// let index = FlatIndex::new(Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?)?;
/// let queries = Embeddings::from_rows(&[[0.9, 0.1], [0.2, 0.8]])?;
/// let hits = opened.modules.search(&index, &queries, &["tenant-a", "tenant-b"], 1)?;
/// assert_eq!((hits[0][0].item, hits[1][0].item), (0, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::NoModules`] for a folder without one, or that cannot be read; [`Error::Report`] for a report that is torn. A module that cannot be
/// loaded, or is of other dimensions, is an error of whoever asks for it.
pub fn open_modules(
    folder: impl AsRef<Path>,
    query_dim: usize,
    item_dim: usize,
) -> Result<OpenedModules, Error> {
    let folder = folder.as_ref();
    let none = |found: String| Error::NoModules { path: folder.to_owned(), found };
    let saved = saved(folder).map_err(|error| none(error.to_string()))?;
    if saved.is_empty() {
        return Err(none("none".to_owned()));
    }
    let (modules, mut evidence) = (ModuleSet::new(query_dim, item_dim), BTreeMap::new());
    for (name, path) in saved {
        if let Some(decision) = decision(&path.join("training.json"))? {
            evidence.insert(name.clone(), decision);
        }
        modules.insert_lazy(name, move || {
            let module = load_module(&path).map_err(|error| ess_core::Error::External(Box::new(error)))?;
            Ok(Arc::new(module))
        });
    }
    Ok(OpenedModules { modules, evidence })
}

/// The modules below a folder by name; a name that is not UTF-8 is none that can be asked for.
fn saved(folder: &Path) -> io::Result<BTreeMap<String, PathBuf>> {
    let mut saved = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let (Some(name), true) =
            (path.file_name().and_then(|name| name.to_str()), path.join("module.json").is_file())
        {
            saved.insert(name.to_owned(), path);
        }
    }
    Ok(saved)
}

/// What a report says of the guard; none where there is no report of a fit.
fn decision(path: &Path) -> Result<Option<GuardDecision>, Error> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::Report { path: path.to_owned(), found: error.to_string() }),
        Ok(text) => text,
    };
    let torn = |error: serde_json::Error| Error::Report { path: path.to_owned(), found: error.to_string() };
    let report: serde_json::Value = serde_json::from_str(&text).map_err(torn)?;
    // Automatic choice has reports of another kind, without a guard; `floor` is its earlier name.
    if report.get("guard").or_else(|| report.get("floor")).is_none() {
        return Ok(None);
    }
    let report: FitReport = serde_json::from_value(report).map_err(torn)?;
    Ok(Some(report.guard))
}

#[cfg(test)]
mod tests {
    use ess_core::Identity;
    use ess_search::PersistentModule;

    use super::*;

    #[test]
    fn what_is_no_module_is_ignored_and_what_is_torn_is_told_to_who_asks() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let error = |path: &Path| open_modules(path, 3, 3).err().unwrap().to_string();
        assert!(error(&at("missing")).contains("missing"), "{}", error(&at("missing")));
        assert!(error(folder.path()).ends_with("found none"), "{}", error(folder.path()));

        PersistentModule::to_state(&Identity::new(3)).unwrap().save(&at("whole")).unwrap();
        PersistentModule::to_state(&Identity::new(2)).unwrap().save(&at("narrow")).unwrap();
        fs::create_dir(at("torn")).unwrap();
        fs::write(at("torn/module.json"), "{").unwrap();
        fs::create_dir(at("empty")).unwrap();
        fs::write(at("notes.txt"), "").unwrap();
        let opened = open_modules(folder.path(), 3, 3).unwrap();
        assert_eq!(opened.modules.names(), ["narrow", "torn", "whole"]);
        assert!(opened.evidence.is_empty() && opened.modules.get("whole").is_ok());
        assert!(opened.modules.get("torn").is_err());
        let narrow = opened.modules.get("narrow").err().unwrap();
        assert!(matches!(narrow, ess_core::Error::DimensionMismatch { expected: 3, found: 2, .. }));

        fs::write(at("whole/training.json"), "{\"guard\": ").unwrap();
        assert!(matches!(open_modules(folder.path(), 3, 3), Err(Error::Report { .. })));
        fs::write(at("whole/training.json"), r#"{"guard": {"returned": "trained"}}"#).unwrap();
        assert!(matches!(open_modules(folder.path(), 3, 3), Err(Error::Report { .. })));
        fs::write(at("whole/training.json"), r#"{"dense": {}}"#).unwrap();
        assert!(open_modules(folder.path(), 3, 3).unwrap().evidence.is_empty());
    }
}
