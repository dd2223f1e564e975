//! The name of a kind as a flag takes it.

use std::ffi::OsStr;

use clap::{
    Arg, Command, Error,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

/// Reads one of some names of kinds as settings have them, also where it has hyphens for underscores.
#[derive(Clone)]
pub(crate) struct KindParser(PossibleValuesParser);

impl KindParser {
    /// A parser of these names.
    pub(crate) fn new(kinds: impl IntoIterator<Item = PossibleValue>) -> Self {
        Self(PossibleValuesParser::new(kinds))
    }
}

impl TypedValueParser for KindParser {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        let kind = value.to_string_lossy().replace('-', "_");
        let known = self.0.parse_ref(command, arg, OsStr::new(&kind));
        known.or_else(|_| self.0.parse_ref(command, arg, value))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        self.0.possible_values()
    }
}
