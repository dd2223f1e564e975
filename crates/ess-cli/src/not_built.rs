//! Commands and engines that this build does not have.

#[cfg(not(all(feature = "encoders", feature = "serve", feature = "relations")))]
mod command;

use ess_engines::engines;

#[cfg(not(all(feature = "encoders", feature = "serve", feature = "relations")))]
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
