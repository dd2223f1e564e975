//! A cross-encoder that reorders the first items of the frozen encoder.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::{arguments::paths::CROSS_ENCODER, data::split_data_set::Opened, experiment::texts::Texts};

use super::searched::Searched;

/// Which cross-encoder, and how much it reads.
#[derive(Args)]
pub(super) struct CrossEncoderArguments {
    /// A cross-encoder that reorders the first items of the frozen encoder, for data sets whose texts are given (build with
    /// --features encoders).
    #[arg(long, value_name = "DIR", value_parser = CROSS_ENCODER.read(), requires = "texts")]
    cross_encoder: Option<PathBuf>,
    /// How many items of a query are read by the cross-encoder.
    #[arg(long, default_value_t = 100)]
    depth: usize,
}

/// A cross-encoder that was given.
pub(super) struct CrossEncoderGiven {
    #[cfg_attr(not(feature = "encoders"), expect(dead_code, reason = "no model is loaded"))]
    folder: PathBuf,
    /// Its name and a checksum.
    pub(super) model: String,
    pub(super) depth: usize,
}

impl CrossEncoderArguments {
    /// The one that was given, if this build can run it.
    pub(super) fn opened(&self) -> Result<Option<CrossEncoderGiven>> {
        ensure!(self.depth > 0, "--depth 0: expected at least 1");
        let given = |folder: &PathBuf| {
            Ok(CrossEncoderGiven { folder: folder.clone(), model: named(folder)?, depth: self.depth })
        };
        self.cross_encoder.as_ref().map(given).transpose()
    }
}

#[cfg(feature = "encoders")]
fn named(folder: &std::path::Path) -> Result<String> {
    crate::data::model_name::model_name(&folder.to_string_lossy(), folder)
}

#[cfg(not(feature = "encoders"))]
fn named(folder: &std::path::Path) -> Result<String> {
    anyhow::bail!(
        "--cross-encoder {}: this build runs no encoder; build it with `cargo install --path crates/ess-cli --features encoders`",
        folder.display()
    )
}

impl CrossEncoderGiven {
    /// Reads the first items of the frozen encoder with the query. Items behind them are not found.
    #[cfg(feature = "encoders")]
    pub(super) fn search(&self, data: &Opened, texts: &Texts) -> Result<Searched> {
        use ess_encoders::{CrossEncoder, CrossSearcher, QueryTexts};

        use super::{dense, searched::HITS};

        let (texts, ids, test) = (texts.read()?, data.dataset.item_ids(), &data.test);
        let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let (items, queries) = (owned(texts.items(ids)?), owned(texts.queries(&test.ids)?));
        let first = dense::searcher(data)?;
        let bytes = dense::bytes(first.index()) + items.iter().map(String::len).sum::<usize>();
        let encoder = std::sync::Arc::new(CrossEncoder::load(&self.folder)?);
        let searcher = CrossSearcher::new(first, encoder, items, self.depth)?;
        let queries = QueryTexts::new(test.set.encodings().clone(), queries)?;
        Searched::new((test, ids), (&queries, &searcher), HITS.min(self.depth), bytes)
    }

    #[cfg(not(feature = "encoders"))]
    pub(super) fn search(&self, _data: &Opened, _texts: &Texts) -> Result<Searched> {
        anyhow::bail!("this build runs no encoder")
    }
}
