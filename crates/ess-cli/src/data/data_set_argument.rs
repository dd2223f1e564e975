//! Data sets as a flag gives them.

use std::{path::Path, str::FromStr};

use crate::arguments::paths::Expected;

use super::dataset::RankingArguments;

/// A data set that `--data` states in one text.
pub(crate) trait DataSetArgument: FromStr<Err = String> + Clone + Send + Sync + 'static {
    /// The parts of the text, as help shows them.
    const FORM: &'static str;
    /// What the parts are.
    const HELP: &'static str;

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
