//! The embeddings of a fine-tuned encoder, on the command line.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::arguments::paths::EMBEDDINGS;

use super::{arguments::ExperimentArguments, source::Source};

/// What the encoder of `--data` is called.
pub(crate) const FROZEN: &str = "frozen";

/// A data set's embeddings by a fine-tuned encoder.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tuned {
    /// The name of the data set.
    pub(crate) data: String,
    /// What the encoder is called.
    pub(crate) label: String,
    pub(crate) folder: PathBuf,
    /// What fine-tuning took.
    pub(crate) cpu_seconds: Option<f64>,
}

impl Tuned {
    pub(crate) const FORM: &'static str = "NAME=ENCODER=EMBEDDINGS_DIR[,CPU_SECONDS]";

    /// Reads it, and looks whether the folder is there.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let tuned = Self::read(text).ok_or_else(|| {
            format!("{text:?}: expected {}, the encoder called by letters, digits, - and spaces", Self::FORM)
        })?;
        EMBEDDINGS.check(&tuned.folder).map_err(|error| format!("{}: {error}", tuned.folder.display()))?;
        Ok(tuned)
    }

    fn read(text: &str) -> Option<Self> {
        let [data, label, rest] = text.splitn(3, '=').collect::<Vec<_>>().try_into().ok()?;
        let (folder, seconds) =
            rest.split_once(',').map_or((rest, None), |(folder, rest)| (folder, Some(rest)));
        let cpu_seconds = seconds.map(str::parse).transpose().ok()?;
        let plain = |c: char| c.is_alphanumeric() || "-_ ".contains(c);
        let known = !label.is_empty() && label.chars().all(plain) && label != FROZEN;
        let counted = cpu_seconds.is_none_or(|seconds: f64| seconds.is_finite() && seconds > 0.0);
        let (data, label, folder) = (data.to_owned(), label.to_owned(), PathBuf::from(folder));
        (known && counted).then_some(Self { data, label, folder, cpu_seconds })
    }

    /// Refuses one of a data set that is not there, and two of one name.
    pub(crate) fn check(all: &[Self], sources: &[Source]) -> Result<()> {
        for (at, tuned) in all.iter().enumerate() {
            let known = sources.iter().any(|source| source.name() == tuned.data);
            ensure!(known, "--tuned: no data set is called {:?}", tuned.data);
            let again =
                all[..at].iter().any(|other| (&other.data, &other.label) == (&tuned.data, &tuned.label));
            ensure!(!again, "--tuned: two encoders of {:?} are called {:?}", tuned.data, tuned.label);
        }
        Ok(())
    }

    /// Those of one data set, each with its embeddings as a source.
    pub(crate) fn sources<'a>(
        all: &'a [Self],
        set: &Source,
        experiment: &ExperimentArguments,
    ) -> Result<Vec<(&'a Self, Source)>> {
        let of_set = all.iter().filter(|tuned| tuned.data == set.name());
        of_set.map(|tuned| Ok((tuned, experiment.source(&set.data.embedded_in(&tuned.folder))?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_may_have_an_equals_sign_and_seconds_are_a_positive_number() {
        let read = |text| Tuned::read(text).map(|tuned| (tuned.label, tuned.folder, tuned.cpu_seconds));
        let folder = |name: &str| PathBuf::from(name);
        assert_eq!(read("a=whole=x=y"), Some(("whole".to_owned(), folder("x=y"), None)));
        assert_eq!(read("a=two towers=x,4.5"), Some(("two towers".to_owned(), folder("x"), Some(4.5))));
        for wrong in ["a=x", "a==x", "a=frozen=x", "a=b/c=x", "a=b=x,0", "a=b=x,-1", "a=b=x,nan", "a=b=x,"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
