//! `--encoding` and `--scores`: what other encoders and systems say.

use std::path::PathBuf;

use clap::Args;

use super::paths::{self, Expected};

/// A path under a name.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// What an automatic choice weighs of other encoders and systems.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct FurtherArguments {
    /// The same queries and items by another encoder, which an automatic choice weighs under this name: a folder with
    /// corpus.safetensors and queries.safetensors or, of a learned sparse encoder, with corpus.sparse and queries.sparse. May be
    /// given several times.
    #[arg(long, value_name = "NAME=DIR", value_parser = encoding)]
    pub(crate) encoding: Vec<Named>,
    /// What a cross-encoder or another system scores of its first items, which an automatic choice weighs under this name: a
    /// TREC run file in which every query that is used has a line. May be given several times.
    #[arg(long, value_name = "NAME=FILE", value_parser = scores)]
    pub(crate) scores: Vec<Named>,
}

impl FurtherArguments {
    /// Whether none is given.
    pub(crate) fn are_none(&self) -> bool {
        self.encoding.is_empty() && self.scores.is_empty()
    }
}

fn encoding(text: &str) -> Result<Named, String> {
    named(text, "NAME=DIR", paths::ENCODING)
}

fn scores(text: &str) -> Result<Named, String> {
    named(text, "NAME=FILE", paths::RUN)
}

fn named(text: &str, form: &str, expected: Expected) -> Result<Named, String> {
    let Some((name, path)) = text.split_once('=').filter(|(name, path)| !name.is_empty() && !path.is_empty())
    else {
        return Err(format!("expected {form}"));
    };
    let path = PathBuf::from(path);
    expected.check(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Named { name: name.to_owned(), path })
}
