//! Queries that are texts.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use ess_data::{Query, RecordReader};

use crate::{arguments::paths, data::beir_file::beir_file};

/// Arguments that name the texts of queries.
#[derive(Args)]
pub(crate) struct TextArguments {
    /// A BEIR folder with the queries' texts, for a BM25 index.
    #[arg(long, value_name = "DIR", conflicts_with = "queries", value_parser = paths::BEIR.read())]
    beir: Option<PathBuf>,
    /// The text of a query, for a BM25 index; may be given several times. Queries are numbered from 1.
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["queries", "beir"])]
    text: Vec<String>,
}

impl TextArguments {
    /// Refuses texts where something else is expected.
    pub(crate) fn refuse(&self, expected: &str) -> Result<()> {
        ensure!(self.beir.is_none(), "--beir: expected {expected}");
        ensure!(self.text.is_empty(), "--text: expected {expected}");
        Ok(())
    }

    /// The ids of the queries and their texts.
    pub(crate) fn read(&self) -> Result<(Vec<String>, Vec<String>)> {
        let Some(folder) = &self.beir else {
            return Ok(((1..=self.text.len()).map(|number| number.to_string()).collect(), self.text.clone()));
        };
        let (mut ids, mut texts) = (Vec::new(), Vec::new());
        for query in RecordReader::<Query>::open(beir_file(folder, "queries.jsonl")?)? {
            let query = query?;
            ids.push(query.id);
            texts.push(query.text);
        }
        Ok((ids, texts))
    }
}
