//! How good towers are on dev queries, among all items or some of them.

use ess_core::Embeddings;
use ess_metrics::{Evaluator, RowQrels};
use ess_train::Items;

use super::{
    config::{TextTrainingConfig, Towers},
    counted_encoder::CountedEncoder,
    frozen::Frozen,
    vector_network::VectorNetwork,
};
use crate::error::Error;

// The depth of a ranking for a measure without a cutoff, as in training of searching modules.
const UNCUT_DEPTH: usize = 1000;

/// Dev queries and the items that they are ranked among.
pub(super) struct Looker<'d> {
    encoder: &'d CountedEncoder<'d>,
    frozen: &'d Frozen,
    /// Whether items are encoded anew.
    moves: bool,
    /// Rows of the items.
    pool: Vec<usize>,
    qrels: RowQrels,
    evaluator: Evaluator,
    depth: usize,
}

/// What towers make of the dev queries and of the items of a looker.
pub(super) struct DevVectors {
    queries: Embeddings,
    items: Embeddings,
}

impl<'d> Looker<'d> {
    /// Ranks all items.
    pub(super) fn of_all(
        encoder: &'d CountedEncoder<'d>,
        frozen: &'d Frozen,
        config: &TextTrainingConfig,
    ) -> Result<Self, Error> {
        Self::among((0..frozen.items.texts.len()).collect(), encoder, frozen, config)
    }

    /// Ranks the judged items and the frozen encoder's first hits, as the settings say; all where items are not encoded anew.
    pub(super) fn of_settings(
        encoder: &'d CountedEncoder<'d>,
        frozen: &'d Frozen,
        config: &TextTrainingConfig,
    ) -> Result<Self, Error> {
        let Some(depth) = config.look_depth.filter(|_| config.towers != Towers::Query) else {
            return Self::of_all(encoder, frozen, config);
        };
        let items = Items::new(&frozen.item_vectors, &burn::tensor::Device::flex());
        let hits = items.index()?.search(frozen.dev_set.encodings(), depth)?;
        let judged = frozen.dev_set.judgements().iter().flatten().map(|judged| judged.item);
        let mut pool: Vec<usize> = hits.iter().flatten().map(|hit| hit.item).chain(judged).collect();
        pool.sort_unstable();
        pool.dedup();
        Self::among(pool, encoder, frozen, config)
    }

    fn among(
        pool: Vec<usize>,
        encoder: &'d CountedEncoder<'d>,
        frozen: &'d Frozen,
        config: &TextTrainingConfig,
    ) -> Result<Self, Error> {
        let position = |item: usize| pool.binary_search(&item).unwrap_or(usize::MAX);
        let grades = frozen.dev_set.judgements().iter();
        let grades = grades.map(|judged| judged.iter().map(|known| (position(known.item), known.grade)));
        let qrels = RowQrels::new(grades).map_err(ess_train::Error::from)?;
        let evaluator = Evaluator::new(vec![config.measure]).map_err(ess_train::Error::from)?;
        let depth = config.measure.cutoff().k().unwrap_or(UNCUT_DEPTH);
        let moves = config.towers != Towers::Query;
        Ok(Self { encoder, frozen, moves, pool, qrels, evaluator, depth })
    }

    /// How many items are ranked.
    pub(super) fn items(&self) -> usize {
        self.pool.len()
    }

    /// Whether all items are ranked.
    pub(super) fn ranks_all(&self) -> bool {
        self.pool.len() == self.frozen.items.texts.len()
    }

    /// Encodes the dev queries and, where they move, the items.
    pub(super) fn vectors(&self, towers: &[Vec<f32>]) -> Result<DevVectors, Error> {
        let networks: Vec<_> = towers.iter().map(|values| self.encoder.network(values)).collect();
        let dev = &self.frozen.dev;
        let queries = self.encoder.vectors(&networks[0], &dev.all(), dev.skipped)?;
        let items = match self.moves {
            true => self.item_vectors(&networks[networks.len() - 1], &self.pool)?,
            false => self.frozen.item_vectors.select(&self.pool)?,
        };
        Ok(DevVectors { queries, items })
    }

    /// As [`Looker::vectors`], where a looker of fewer items has encoded what it ranks with the same towers.
    pub(super) fn completed(
        &self,
        fewer: &Self,
        known: DevVectors,
        towers: &[Vec<f32>],
    ) -> Result<DevVectors, Error> {
        let is_known = |item: &usize| fewer.pool.binary_search(item);
        let rest: Vec<usize> = self.pool.iter().copied().filter(|item| is_known(item).is_err()).collect();
        let others = self.item_vectors(&self.encoder.network(&towers[towers.len() - 1]), &rest)?;
        let mut others = others.rows();
        let row = |item: &usize| match is_known(item) {
            Ok(at) => Some(known.items.row(at)),
            Err(_) => others.next(),
        };
        let values: Vec<f32> = self.pool.iter().filter_map(row).flatten().copied().collect();
        let items = Embeddings::from_vec(values, known.items.dim())?;
        Ok(DevVectors { queries: known.queries, items })
    }

    fn item_vectors(&self, network: &VectorNetwork<'_>, rows: &[usize]) -> Result<Embeddings, Error> {
        let items = &self.frozen.items;
        self.encoder.vectors(network, &items.select(rows), items.skipped)
    }

    /// The measure of each dev query by these vectors.
    pub(super) fn measure(&self, vectors: &DevVectors) -> Result<Vec<f64>, Error> {
        self.of_vectors(&vectors.queries, &vectors.items)
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
