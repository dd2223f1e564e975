//! An encoder of both sides, and what it finds.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
};

use anyhow::Result;
use ess_core::{Index, ItemEncoder, QueryEncoder};
use ess_encoders::SentenceEncoder;
use ess_index::FlatIndex;
use ess_metrics::{Evaluator, Qrels, Run};

use super::texts::Texts;

/// The measure of every report.
pub(super) const MEASURE: &str = "ndcg@10";
/// How many items it looks at.
const MEASURED: usize = 10;

/// Where the encoders of queries and items are, and how they read texts.
pub(super) struct EncoderFolders {
    pub(super) query: PathBuf,
    pub(super) item: PathBuf,
    /// Texts are cut to so many tokens, as they were in training.
    pub(super) max_tokens: Option<usize>,
}

/// All items as an encoder has them, and its encoder of queries.
pub(super) struct Encoder {
    index: FlatIndex,
    query: SentenceEncoder,
    /// How many texts it has encoded.
    encoded: Cell<usize>,
}

/// nDCG@10 on dev, and on the test where there is one.
pub(super) struct Measured {
    pub(super) dev: f64,
    pub(super) test: Option<f64>,
}

impl Encoder {
    /// Loads the encoders and encodes all items.
    pub(super) fn open(folders: &EncoderFolders, texts: &Texts) -> Result<Self> {
        let load = |folder: &Path| -> Result<SentenceEncoder> {
            let encoder = SentenceEncoder::load(folder)?;
            Ok(match folders.max_tokens {
                Some(tokens) => encoder.with_max_tokens(tokens)?,
                None => encoder,
            })
        };
        let items = load(&folders.item)?.encode_items(&texts.items.texts())?;
        let encoded = Cell::new(items.len());
        Ok(Self { index: FlatIndex::new(items)?, query: load(&folders.query)?, encoded })
    }

    /// How many texts it has encoded.
    pub(super) fn encoded(&self) -> usize {
        self.encoded.get()
    }

    /// The first items of these queries.
    pub(super) fn run(&self, texts: &Texts, queries: &[String], depth: usize) -> Result<Run> {
        let mut run = Run::new("encoder");
        if queries.is_empty() {
            return Ok(run);
        }
        let vectors = self.query.encode_queries(&texts.beir.queries(queries)?)?;
        self.encoded.set(self.encoded.get() + queries.len());
        let ids = texts.items.ids.as_slice();
        for (query, hits) in queries.iter().zip(self.index.search(&vectors, depth)?) {
            for hit in hits {
                run.insert(query, &ids[hit.item], hit.similarity)?;
            }
        }
        Ok(run)
    }

    /// nDCG@10 on judged queries.
    pub(super) fn measure(&self, texts: &Texts, qrels: &Qrels) -> Result<f64> {
        let queries: Vec<String> = qrels.queries().map(str::to_owned).collect();
        let run = self.run(texts, &queries, MEASURED)?;
        Ok(Evaluator::from_names([MEASURE])?.evaluate(qrels, &run)?.mean(MEASURE)?)
    }

    /// nDCG@10 on all that the report has, while the items are encoded.
    pub(super) fn measured(&self, texts: &Texts) -> Result<Measured> {
        let test = texts.test.as_ref().map(|test| self.measure(texts, test)).transpose()?;
        Ok(Measured { dev: self.measure(texts, &texts.dev)?, test })
    }
}
