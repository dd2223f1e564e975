//! Lexical indexes: built of texts, or of sparse vectors.

use std::{path::Path, time::Instant};

use anyhow::{Context, Result};
use clap::Args;
use ess_core::MemoryUse;
use ess_data::{Item, RecordReader};
use ess_lexical::{
    Attached, Bm25Config, Bm25Encoder, Language, SparseIndex, SparseIndexFile, SparseVectorsFile,
};
use serde::{Deserialize, de::value::StrDeserializer};

use crate::data::beir_file::beir_file;

/// What a BM25 index is built with.
#[derive(Args)]
pub(crate) struct Bm25Arguments {
    /// How slowly further occurrences of a term stop counting in a BM25 index [default: 1.2].
    #[arg(long, value_name = "NUMBER")]
    k1: Option<f32>,
    /// How much longer items count less in a BM25 index, 0 to 1 [default: 0.75].
    #[arg(long, value_name = "NUMBER")]
    b: Option<f32>,
    /// The language of a BM25 index's stemmer, such as german [default: english].
    #[arg(long, value_parser = language)]
    language: Option<Language>,
}

fn language(name: &str) -> Result<Language, serde::de::value::Error> {
    Language::deserialize(StrDeserializer::new(name))
}

/// What was built.
pub(crate) struct Built {
    pub(crate) items: usize,
    pub(crate) dim: usize,
    pub(crate) memory: MemoryUse,
    pub(crate) seconds: f64,
}

/// Indexes sparse vectors, and saves the index with their ids and with what made them.
pub(crate) fn index_sparse(items: &Path, out: &Path) -> Result<Built> {
    let SparseVectorsFile { vectors, ids, made_by } = SparseVectorsFile::open(items)?;
    let start = Instant::now();
    let index = SparseIndex::new(&vectors);
    let seconds = start.elapsed().as_secs_f64();
    let attached = Attached { ids: Some(&ids), made_by: made_by.as_deref(), bm25: None };
    SparseIndexFile::write(out, &index, attached)?;
    Ok(Built { items: index.len(), dim: index.dim(), memory: index.memory_use(), seconds })
}

impl Bm25Arguments {
    /// Its flags, and whether each is given.
    pub(crate) fn given(&self) -> [(&'static str, bool); 3] {
        [("--k1", self.k1.is_some()), ("--b", self.b.is_some()), ("--language", self.language.is_some())]
    }

    /// Builds an index of a BEIR folder's items and saves it with their ids and with what encodes queries.
    pub(crate) fn build(&self, beir: &Path, out: &Path) -> Result<Built> {
        let (mut ids, mut texts) = (Vec::new(), Vec::new());
        let corpus = beir_file(beir, "corpus.jsonl")?;
        for item in RecordReader::<Item>::open(&corpus)? {
            let item = item?;
            texts.push(item.title_and_text());
            ids.push(item.id);
        }
        let start = Instant::now();
        let usual = Bm25Config::default();
        let config = Bm25Config {
            k1: self.k1.unwrap_or(usual.k1),
            b: self.b.unwrap_or(usual.b),
            language: self.language.unwrap_or(usual.language),
        };
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (encoder, vectors) =
            Bm25Encoder::fit_and_encode(&texts, config).with_context(|| corpus.display().to_string())?;
        let index = SparseIndex::new(&vectors);
        let seconds = start.elapsed().as_secs_f64();
        let attached = Attached { ids: Some(&ids), bm25: Some(&encoder), made_by: None };
        SparseIndexFile::write(out, &index, attached)?;
        Ok(Built { items: index.len(), dim: index.dim(), memory: index.memory_use(), seconds })
    }
}
