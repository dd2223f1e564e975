//! The systems of the table, each as a case of Eq. 3.

use ess_train::RecipeConfig;
use serde::{Deserialize, Serialize};

use crate::experiment::tuned::FROZEN;

/// A system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum System {
    /// Lexical search alone.
    Bm25,
    /// The vectors of an encoder as they are.
    BiEncoder { encoder: String },
    /// BM25 and the frozen encoder, their similarities brought to one range and added.
    Hybrid,
    /// A searching module on the vectors of an encoder.
    Module { encoder: String, module: String },
    /// A searching module on the token states of queries.
    TokenModule { module: String },
    /// The token states of both sides, compared by MaxSim.
    MaxSim,
    /// The first items of the frozen encoder, read with the query.
    CrossEncoder { depth: usize },
}

impl System {
    /// The encoder that all others are compared with.
    pub(super) fn baseline() -> Self {
        Self::BiEncoder { encoder: FROZEN.to_owned() }
    }

    /// What it is called in the table and in the file of its measurements.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Bm25 => "BM25".to_owned(),
            Self::BiEncoder { encoder } => format!("{encoder} bi-encoder"),
            Self::Hybrid => "BM25 + frozen bi-encoder".to_owned(),
            Self::Module { encoder, module } => format!("{encoder}, {module}"),
            Self::TokenModule { module } => format!("token states, {module}"),
            Self::MaxSim => "token states, MaxSim".to_owned(),
            Self::CrossEncoder { depth } => format!("cross-encoder on the first {depth}"),
        }
    }

    /// enc1', f_search, enc2 and sim.
    pub(super) fn terms(&self) -> [String; 4] {
        let terms = |terms: [&str; 4]| terms.map(str::to_owned);
        let vectors = |encoder: &str, f_search: &str, sim: &str| {
            let side = |query: &str| match encoder == FROZEN {
                true => "frozen encoder".to_owned(),
                false => format!("{encoder}{query}"),
            };
            [side(", query side"), f_search.to_owned(), side(", item side"), sim.to_owned()]
        };
        match self {
            Self::Bm25 => terms(["counts of terms", "idf", "saturated counts", "sparse inner product"]),
            Self::BiEncoder { encoder } => vectors(encoder, "identity", "inner product"),
            Self::Hybrid => {
                terms(["counts; frozen encoder", "idf; identity", "counts; frozen encoder", "min-max mean"])
            }
            Self::Module { encoder, module } => vectors(encoder, module, similarity_of(module)),
            Self::TokenModule { module } => {
                terms(["states of tokens", module, "frozen encoder", similarity_of(module)])
            }
            Self::MaxSim => terms(["states of tokens", "identity", "states of tokens", "MaxSim"]),
            Self::CrossEncoder { .. } => {
                terms(["the text", "identity", "the text", "a transformer over both"])
            }
        }
    }

    /// Whether something was trained for the task.
    pub(super) fn is_trained(&self) -> bool {
        match self {
            Self::Module { .. } | Self::TokenModule { .. } => true,
            Self::BiEncoder { encoder } => encoder != FROZEN,
            Self::Bm25 | Self::Hybrid | Self::MaxSim | Self::CrossEncoder { .. } => false,
        }
    }

    /// The seeds that it is measured with: all where it is trained here, else the first.
    pub(super) fn seeds<'s>(&self, seeds: &'s [u64]) -> &'s [u64] {
        match self {
            Self::Module { .. } | Self::TokenModule { .. } => seeds,
            _ => &seeds[..seeds.len().min(1)],
        }
    }
}

/// How the queries of a kind of module are compared with items.
fn similarity_of(module: &str) -> &'static str {
    match module {
        "poly_encoder" => "the item attends to the query's vectors",
        "hypencoder" => "the query's network on the item",
        _ if RecipeConfig::named(module).is_ok_and(|recipe| recipe.has_scoring()) => "the module's own",
        _ => "inner product",
    }
}
