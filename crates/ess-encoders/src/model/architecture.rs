//! The architectures that are read, each a row of a table: what its parts are, what its files call them, and what it has
//! where a file says nothing.

mod decoders;
pub(crate) mod definition;
mod encoders;

use std::path::Path;

use crate::error::Error;
use definition::Architecture;

impl Architecture {
    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        encoders::ENCODERS.iter().chain(&decoders::DECODERS)
    }

    /// The one of a name, or an error that has all names.
    pub(crate) fn of(path: &Path, model_type: &str) -> Result<&'static Self, Error> {
        let found = Self::all().find(|known| known.model_types.contains(&model_type));
        found.ok_or_else(|| {
            let known: Vec<_> = Self::all().flat_map(|known| known.model_types.iter().copied()).collect();
            Error::config(path, "model_type", format!("one of {}", known.join(", ")), model_type)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_of_one_architecture_and_an_unknown_one_is_told_all() {
        let mut names: Vec<_> = Architecture::all().flat_map(|known| known.model_types).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        let error = Architecture::of(Path::new("config.json"), "gpt2").unwrap_err().to_string();
        assert!(names.iter().all(|name| error.contains(*name)) && error.contains("gpt2"), "{error}");
    }
}
