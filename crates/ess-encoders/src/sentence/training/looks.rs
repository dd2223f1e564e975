//! How good towers are on dev queries, among all items or some of them.

use ess_core::Embeddings;
use ess_metrics::{Evaluator, RowQrels};
use ess_train::Items;

use super::{
    config::TextTrainingConfig, encoder_parts::EncoderParts, frozen::Frozen, vector_network::VectorNetwork,
};
use crate::{error::Error, training::cached_pass::encode};

// The depth of a ranking for a measure without a cutoff, as in training of searching modules.
const UNCUT_DEPTH: usize = 1000;

/// Dev queries and the items that they are ranked among.
pub(super) struct Looker<'d> {
    frozen: &'d Frozen,
    /// Rows of the items.
    pool: Vec<usize>,
    qrels: RowQrels,
    evaluator: Evaluator,
    depth: usize,
    chunk_tokens: usize,
}

impl<'d> Looker<'d> {
    /// Ranks all items.
    pub(super) fn of_all(frozen: &'d Frozen, config: &TextTrainingConfig) -> Result<Self, Error> {
        Self::among((0..frozen.items.texts.len()).collect(), frozen, config)
    }

    /// Ranks the judged items and the frozen encoder's first hits, as the settings say; all where items are not encoded anew.
    pub(super) fn of_settings(
        frozen: &'d Frozen,
        config: &TextTrainingConfig,
        moves: bool,
    ) -> Result<Self, Error> {
        let Some(depth) = config.look_depth.filter(|_| moves) else {
            return Self::of_all(frozen, config);
        };
        let items = Items::new(&frozen.item_vectors, &burn::tensor::Device::flex());
        let hits = items.index()?.search(frozen.dev_set.encodings(), depth)?;
        let judged = frozen.dev_set.judgements().iter().flatten().map(|judged| judged.item);
        let mut pool: Vec<usize> = hits.iter().flatten().map(|hit| hit.item).chain(judged).collect();
        pool.sort_unstable();
        pool.dedup();
        Self::among(pool, frozen, config)
    }

    fn among(pool: Vec<usize>, frozen: &'d Frozen, config: &TextTrainingConfig) -> Result<Self, Error> {
        let position = |item: usize| pool.binary_search(&item).unwrap_or(usize::MAX);
        let grades = frozen.dev_set.judgements().iter();
        let grades = grades.map(|judged| judged.iter().map(|known| (position(known.item), known.grade)));
        let qrels = RowQrels::new(grades).map_err(ess_train::Error::from)?;
        let evaluator = Evaluator::new(vec![config.measure]).map_err(ess_train::Error::from)?;
        let depth = config.measure.cutoff().k().unwrap_or(UNCUT_DEPTH);
        Ok(Self { frozen, pool, qrels, evaluator, depth, chunk_tokens: config.chunk_tokens })
    }

    /// How many items are ranked.
    pub(super) fn items(&self) -> usize {
        self.pool.len()
    }

    /// The measure of each dev query, with the towers of queries and, where items are encoded anew, of items.
    pub(super) fn measure(
        &self,
        parts: &EncoderParts,
        query: &[f32],
        item: Option<&[f32]>,
    ) -> Result<Vec<f64>, Error> {
        let (dim, frozen) = (parts.shape.vector_dim(), self.frozen);
        let network = |values| VectorNetwork::new(&parts.shape, &parts.layout, values, false);
        let queries = encode(&network(query), &frozen.dev.all(), frozen.dev.skipped, self.chunk_tokens);
        let items = match item {
            None => frozen.item_vectors.select(&self.pool)?,
            Some(values) => {
                let texts = frozen.items.select(&self.pool);
                let vectors = encode(&network(values), &texts, frozen.items.skipped, self.chunk_tokens);
                Embeddings::from_vec(vectors, dim)?
            }
        };
        self.of_vectors(&Embeddings::from_vec(queries, dim)?, &items)
    }

    /// The measure of each dev query with the vectors of the frozen encoder.
    pub(super) fn measure_frozen(&self) -> Result<Vec<f64>, Error> {
        let items = self.frozen.item_vectors.select(&self.pool)?;
        self.of_vectors(self.frozen.dev_set.encodings(), &items)
    }

    fn of_vectors(&self, queries: &Embeddings, items: &Embeddings) -> Result<Vec<f64>, Error> {
        let items = Items::new(items, &burn::tensor::Device::flex());
        let hits = items.index()?.search(queries, self.depth)?;
        let rankings = hits.iter().map(|hits| hits.iter().map(|hit| hit.item));
        let evaluation =
            self.evaluator.evaluate_rows(&self.qrels, rankings).map_err(ess_train::Error::from)?;
        Ok(evaluation.measures()[0].per_query.clone())
    }
}
