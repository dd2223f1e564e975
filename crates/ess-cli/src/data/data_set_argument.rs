//! Data sets as a flag gives them.

use std::str::FromStr;

/// A data set that `--data` states in one text.
pub(crate) trait DataSetArgument: FromStr<Err = String> + Clone + Send + Sync + 'static {
    /// The parts of the text, as help shows them.
    const FORM: &'static str;
    /// What the parts are.
    const HELP: &'static str;

    /// Chooses whether judgements without embeddings are left out.
    fn allow_missing(&mut self, allow: bool);
}
