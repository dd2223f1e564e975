//! What an experiment measures on.

use serde::{Serialize, de::DeserializeOwned};

/// What measurements are of, such as a data set.
pub(crate) trait Subject {
    /// Where it is.
    type Place: Place;

    fn place(&self) -> &Self::Place;

    /// One checksum of all its files.
    fn files(&self) -> &str;

    fn name(&self) -> &str {
        self.place().name()
    }
}

/// Where something is that is measured on, and what it is called; kept with each measurement.
pub(crate) trait Place: Clone + PartialEq + Serialize + DeserializeOwned {
    fn name(&self) -> &str;
}
