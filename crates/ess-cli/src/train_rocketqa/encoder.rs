//! An encoder of both sides, and what it finds.

use std::path::{Path, PathBuf};

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
pub(super) struct Encoder<'t> {
    index: FlatIndex,
    query: SentenceEncoder,
    texts: &'t Texts,
}

impl<'t> Encoder<'t> {
    /// Loads the encoders and encodes all items.
    pub(super) fn open(folders: &EncoderFolders, texts: &'t Texts) -> Result<Self> {
        let load = |folder: &Path| -> Result<SentenceEncoder> {
            let encoder = SentenceEncoder::load(folder)?;
            Ok(match folders.max_tokens {
                Some(tokens) => encoder.with_max_tokens(tokens)?,
                None => encoder,
            })
        };
        let index = FlatIndex::new(load(&folders.item)?.encode_items(&texts.items.texts())?)?;
        Ok(Self { index, query: load(&folders.query)?, texts })
    }

    /// The first items of these queries.
    pub(super) fn run(&self, queries: &[String], depth: usize) -> Result<Run> {
        let mut run = Run::new("encoder");
        if queries.is_empty() {
            return Ok(run);
        }
        let vectors = self.query.encode_queries(&self.texts.beir.queries(queries)?)?;
        let ids = self.texts.items.ids.as_slice();
        for (query, hits) in queries.iter().zip(self.index.search(&vectors, depth)?) {
            for hit in hits {
                run.insert(query, &ids[hit.item], hit.similarity)?;
            }
        }
        Ok(run)
    }

    /// nDCG@10 on judged queries.
    pub(super) fn measure(&self, qrels: &Qrels) -> Result<f64> {
        let queries: Vec<String> = qrels.queries().map(str::to_owned).collect();
        let evaluation = Evaluator::from_names([MEASURE])?.evaluate(qrels, &self.run(&queries, MEASURED)?)?;
        Ok(evaluation.mean(MEASURE)?)
    }
}
