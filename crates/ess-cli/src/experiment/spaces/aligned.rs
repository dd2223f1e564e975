//! Two spaces aligned as wholes, without a judgement.

use anyhow::Result;
use ess_core::{Embeddings, SearchModule};
use ess_index::FlatIndex;
use ess_linalg::{AffineMap, Cca, Pairs, Procrustes, Ridge};
use serde::{Deserialize, Serialize};

use crate::experiment::quality::ndcg_of;

use super::pair_of_spaces::PairOfSpaces;

/// The `λ` that ridge regression is tried with; the one of the smallest leave-one-out error is taken.
const PENALTIES: [f64; 5] = [0.1, 1.0, 10.0, 100.0, 1000.0];

/// The regularisation of CCA's covariances.
const REGULARISATION: f64 = 0.01;

/// nDCG@10 of each test query.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Aligned {
    pub(super) query_dim: usize,
    pub(super) item_dim: usize,
    /// Items that both encoders encoded, and that alignment learned from.
    pub(super) pairs: usize,
    /// With the encoder of queries for both, and with that of items.
    pub(super) shared: [Vec<f64>; 2],
    /// Without a bridge, where dimensions agree.
    pub(super) unbridged: Option<Vec<f64>>,
    pub(super) procrustes: Vec<f64>,
    pub(super) cca: Vec<f64>,
    pub(super) ridge: Vec<f64>,
    /// By the first canonical directions: how many, and what they reach.
    pub(super) by_directions: Vec<(usize, Vec<f64>)>,
}

impl Aligned {
    pub(super) fn measure(spaces: &PairOfSpaces) -> Result<Self> {
        let queries = spaces.test.set.encodings();
        let index = FlatIndex::new(spaces.items.clone())?;
        let reached = |vectors: &Embeddings| ndcg_of(&spaces.test, vectors, &index, &spaces.ids);
        let by = |map: &AffineMap| reached(&map.apply(queries)?);
        let one = |(queries, items): &(Embeddings, Embeddings)| {
            ndcg_of(&spaces.test, queries, &FlatIndex::new(items.clone())?, &spaces.ids)
        };
        let pairs = pairs(spaces)?;
        let cca = Cca::new(&pairs, REGULARISATION)?;
        let most = cca.correlations().len();
        let counts =
            std::iter::successors(Some(1), |count| Some(2 * count)).take_while(|&count| count < most);
        let by_count = |count: usize| Ok((count, by(&cca.map(count)?)?));
        Ok(Self {
            query_dim: queries.dim(),
            item_dim: spaces.items.dim(),
            pairs: pairs.len(),
            shared: [one(&spaces.shared[0])?, one(&spaces.shared[1])?],
            unbridged: (queries.dim() == spaces.items.dim()).then(|| reached(queries)).transpose()?,
            procrustes: by(&Procrustes::new(&pairs).fit(0.0)?)?,
            cca: by(&cca.map(most)?)?,
            ridge: by(&ridge(&pairs)?)?,
            by_directions: counts.chain([most]).map(by_count).collect::<Result<_>>()?,
        })
    }
}

/// Items by both encoders.
fn pairs(spaces: &PairOfSpaces) -> Result<Pairs> {
    let [from, to] = &spaces.paired;
    Ok(Pairs::new(from, to.view().mapv(f64::from))?)
}

/// The map from the space of queries to that of items that predicts an item's one vector from its other.
pub(super) fn alignment(spaces: &PairOfSpaces) -> Result<AffineMap> {
    ridge(&pairs(spaces)?)
}

fn ridge(pairs: &Pairs) -> Result<AffineMap> {
    let ridge = Ridge::new(pairs)?;
    let mut best = (f64::INFINITY, PENALTIES[0]);
    for penalty in PENALTIES {
        let error = ridge.leave_one_out(penalty)?.error;
        if error < best.0 {
            best = (error, penalty);
        }
    }
    Ok(ridge.fit(best.1)?)
}
