//! Commands, engines and object stores that this build does not have.

#[cfg(not(all(feature = "encoders", feature = "object-store", feature = "serve", feature = "relations")))]
mod command;

use ess_engines::engines;

#[cfg(not(all(
    feature = "encoders",
    feature = "object-store",
    feature = "serve",
    feature = "relations"
)))]
pub(crate) use self::command::{Arguments, refuse};

/// The features that each bring the engine of their name.
const ENGINES: [&str; 3] = ["milvus", "pgvector", "qdrant"];

/// Says which engines the program has and, where this is one of a feature, how to build it with that.
pub(crate) fn engine(name: &str) -> String {
    let known = match engines() {
        known if known.is_empty() => "none".to_owned(),
        known => known.join(", "),
    };
    let refused = format!("expected an engine of this program ({known}), found {name:?}");
    match ENGINES.contains(&name) {
        true => {
            format!(
                "{refused}; build it with `cargo install --path crates/ess-cli --features encoders,{name}`"
            )
        }
        false => refused,
    }
}

/// A URL of an object store, in a build that has none. It is not repeated: it may hold a secret.
#[cfg(all(feature = "encoders", not(feature = "object-store")))]
pub(crate) fn object_stores(flag: &str) -> anyhow::Error {
    anyhow::anyhow!(
        "{flag}: object stores are read and written by an ess that is built with \
         `cargo install --path crates/ess-cli --features object-store`"
    )
}
