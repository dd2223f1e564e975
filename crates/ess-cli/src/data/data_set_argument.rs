//! Data sets as a flag gives them.

use std::{path::Path, str::FromStr};

use anyhow::{Result, ensure};

use crate::arguments::paths::Expected;

use super::dataset::RankingArguments;

/// A data set that `--data` states in one text.
pub(crate) trait DataSetArgument: FromStr<Err = String> + Clone + Send + Sync + 'static {
    /// The parts of the text, as help shows them.
    const FORM: &'static str;
    /// What the parts are.
    const HELP: &'static str;

    /// What it is called.
    fn name(&self) -> &str;

    /// The paths of the parts, each with what is to be there.
    fn paths(&self) -> Vec<(Expected, &Path)>;

    /// Chooses what the rankings that are measured have.
    fn rank_as(&mut self, ranked: RankingArguments);

    /// Reads the text, and looks whether its paths lead where they should.
    ///
    /// # Errors
    /// What was expected, and what was found.
    fn parse(text: &str) -> Result<Self, String> {
        let data = Self::from_str(text)?;
        for (expected, path) in data.paths() {
            expected.check(path).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(data)
    }
}

/// Refuses data sets of one name: pages and kept results tell them apart by it.
///
/// # Errors
/// The name that two of them have.
pub(crate) fn no_name_twice<D: DataSetArgument>(data: &[D]) -> Result<()> {
    for (at, set) in data.iter().enumerate() {
        let again = data[..at].iter().any(|other| other.name() == set.name());
        ensure!(!again, "--data: two data sets are called {:?}", set.name());
    }
    Ok(())
}
