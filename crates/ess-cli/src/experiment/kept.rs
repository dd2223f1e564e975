//! A measurement that is kept, with all that it depends on.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    data_set::DataSet,
    source::Source,
    subject::{Place, Subject},
};

/// What can be kept.
pub(crate) trait Found: Serialize + DeserializeOwned {}

impl<T: Serialize + DeserializeOwned> Found for T {}

/// Which measurement is wanted.
pub(crate) struct Wanted<'a, S = Source> {
    /// The data sets that it is of: one, or where a module goes from one to another the one that it comes from first.
    pub(crate) sources: Vec<&'a S>,
    /// What is measured; a part of a file's name.
    pub(crate) what: String,
    pub(crate) seed: u64,
    /// All else that it depends on, such as the settings of training, but for the seed.
    pub(crate) settings: Value,
}

impl<S: Subject> Wanted<'_, S> {
    /// The names of its data sets, with this between them.
    pub(super) fn names(&self, between: &str) -> String {
        self.sources.iter().map(|source| source.name()).collect::<Vec<_>>().join(between)
    }

    fn data(&self) -> impl Iterator<Item = &S::Place> {
        self.sources.iter().map(|source| source.place())
    }

    /// The checksum of the files of each data set.
    fn files(&self) -> String {
        self.sources.iter().map(|source| source.files()).collect::<Vec<_>>().join(" ")
    }
}

/// A measurement.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Kept<T, P = DataSet> {
    pub(crate) data: Vec<P>,
    pub(crate) what: String,
    pub(crate) seed: u64,
    /// The checksums of the files of the data sets.
    pub(super) files: String,
    pub(super) settings: Value,
    pub(crate) found: T,
}

impl<T, P: Place> Kept<T, P> {
    /// The name of the data set, or of the first.
    pub(crate) fn name(&self) -> &str {
        self.data.first().map_or("", Place::name)
    }
}

impl<T: Found, P: Place> Kept<T, P> {
    pub(super) fn new<S: Subject<Place = P>>(wanted: &Wanted<'_, S>, found: T) -> Self {
        let (data, files) = (wanted.data().cloned().collect(), wanted.files());
        Self {
            data,
            what: wanted.what.clone(),
            seed: wanted.seed,
            files,
            settings: wanted.settings.clone(),
            found,
        }
    }

    /// A measurement that is kept, if it is of just this. One that does not parse is of another version of the program.
    pub(super) fn read<S: Subject<Place = P>>(path: &Path, wanted: &Wanted<'_, S>) -> Result<Option<Self>> {
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text.with_context(|| path.display().to_string())?,
        };
        // Numbers that went through text are compared with others that did.
        let settings: Value = serde_json::from_str(&wanted.settings.to_string())?;
        let same = |kept: &Self| {
            let named =
                kept.what == wanted.what && kept.seed == wanted.seed && kept.data.iter().eq(wanted.data());
            named && kept.files == wanted.files() && kept.settings == settings
        };
        Ok(serde_json::from_str(&text).ok().filter(same))
    }
}
