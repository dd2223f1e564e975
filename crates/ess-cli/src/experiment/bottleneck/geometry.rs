//! How frozen encodings use their space, and what they find.

use anyhow::{Context, Result};
use ess_core::{Embeddings, Identity, Index};
use ess_diagnostics::{
    Hubness, InformationBound, Isotropy, LinearCka, SingularValues, TwoNn, alignment, uniformity,
};
use ess_index::FlatIndex;
use ess_kit::{Dataset, JudgedQueries};
use ess_linalg::{Moments, PrincipalComponents, Spectrum};
use rand::{SeedableRng, seq::index::sample};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::{
    data::split_data_set::Opened,
    experiment::{quality::ndcg, source::Source},
};

/// Vectors that figures over all pairs are taken of.
const SAMPLE: usize = 4000;

/// Hits that hubness counts.
const HITS: usize = 10;

/// What frozen encodings are like on one data set.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Geometry {
    pub(super) items: Side,
    /// The queries of test.
    pub(super) queries: Side,
    /// Of the first 10 hits of the test queries; none where all items are found alike.
    pub(super) hubness: Option<Hubness>,
    /// The mean squared distance of a query and its item, at unit norm.
    pub(super) alignment: f64,
    /// Of the pairs below; none for fewer than 8.
    pub(super) information: Option<InformationBound>,
    /// Test queries that were paired with a relevant item that no other query has.
    pub(super) pairs: usize,
    /// nDCG@10 of each test query.
    pub(super) frozen: Vec<f64>,
}

/// The vectors of one side.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Side {
    pub(super) vectors: usize,
    pub(super) spectrum: Spectrum,
    pub(super) rank_me: f64,
    pub(super) stable_rank: f64,
    pub(super) isotropy: Isotropy,
    /// Of a sample of at most 4000; none where too few vectors differ.
    pub(super) intrinsic: Option<TwoNn>,
    /// Of the same sample.
    pub(super) uniformity: f64,
    /// The share of the variance in the first principal components, from one to all.
    pub(super) held: Vec<f64>,
}

impl Geometry {
    pub(super) fn measure(data: &Opened, seed: u64) -> Result<Self> {
        let (items, test) = (data.dataset.items(), &data.test);
        let queries = test.set.encodings();
        let index = FlatIndex::new(items.clone())?;
        let hits = index.search(queries, HITS)?;
        let frozen = ndcg(test, &Identity::new(items.dim()), &index, data.dataset.item_ids())?;
        let rows = pairs(test);
        let [q, d] = paired(queries, items, &rows)?;
        Ok(Self {
            items: Side::measure(items, seed).context("items")?,
            queries: Side::measure(queries, seed).context("test queries")?,
            hubness: Hubness::of(&hits, items.len()).ok(),
            alignment: alignment(&q, &d)?,
            information: information(&q, &d),
            pairs: rows.len(),
            frozen,
        })
    }
}

impl Side {
    fn measure(vectors: &Embeddings, seed: u64) -> Result<Self> {
        let moments = Moments::of(vectors);
        let variances = PrincipalComponents::new(&moments)?.variances().to_vec();
        let total: f64 = variances.iter().sum();
        let held = variances.iter().scan(0.0, |held, variance| {
            *held += variance / total;
            Some(*held)
        });
        let values = SingularValues::of(vectors)?;
        let sample = sampled(vectors, seed)?;
        Ok(Self {
            vectors: vectors.len(),
            spectrum: Spectrum::of(&moments)?,
            rank_me: values.rank_me,
            stable_rank: values.stable_rank,
            isotropy: Isotropy::of(vectors)?,
            intrinsic: TwoNn::of(&sample).ok(),
            uniformity: uniformity(&sample)?,
            held: held.collect(),
        })
    }
}

/// Two encodings of the same items.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Overlap {
    pub(super) one: String,
    pub(super) other: String,
    pub(super) cka: LinearCka,
}

impl Overlap {
    /// Of each two data sets with the same items by different files.
    pub(super) fn of_all(data: &[Source]) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        for (at, one) in data.iter().enumerate() {
            for other in
                data[at + 1..].iter().filter(|other| other.data.embeddings() != one.data.embeddings())
            {
                let [first, second] = [one, other]
                    .map(|set| Dataset::open(set.data.embeddings()).context(set.name().to_owned()));
                let (first, second) = (first?, second?);
                if first.item_ids() == second.item_ids() {
                    let cka = LinearCka::of(first.items(), second.items())?;
                    found.push(Self { one: one.name().to_owned(), other: other.name().to_owned(), cka });
                }
            }
        }
        Ok(found)
    }
}

/// Some rows of many, without order.
fn sampled(vectors: &Embeddings, seed: u64) -> Result<Embeddings> {
    if vectors.len() <= SAMPLE {
        return Ok(vectors.clone());
    }
    let mut rows = sample(&mut ChaCha8Rng::seed_from_u64(seed), vectors.len(), SAMPLE).into_vec();
    rows.sort_unstable();
    Ok(vectors.select(&rows)?)
}

/// Each query with the first of its most relevant items that no query before has; queries without one are left out.
pub(super) fn pairs(test: &JudgedQueries) -> Vec<[usize; 2]> {
    let mut taken = std::collections::BTreeSet::new();
    let of_query = |(query, judged): (usize, &Vec<ess_train::Judgement>)| {
        let mut relevant: Vec<_> = judged.iter().filter(|judged| judged.grade > 0).collect();
        relevant.sort_by_key(|judged| (-judged.grade, judged.item));
        let item = relevant.into_iter().map(|judged| judged.item).find(|&item| taken.insert(item))?;
        Some([query, item])
    };
    test.set.judgements().iter().enumerate().filter_map(of_query).collect()
}

/// The vectors of pairs, row by row.
pub(super) fn paired(
    queries: &Embeddings,
    items: &Embeddings,
    rows: &[[usize; 2]],
) -> Result<[Embeddings; 2]> {
    let side = |at: usize| rows.iter().map(|row| row[at]).collect::<Vec<_>>();
    Ok([queries.select(&side(0))?, items.select(&side(1))?])
}

/// The bound of some pairs, whose halves are the same for every encoding of them; none for fewer than 8.
pub(super) fn information(queries: &Embeddings, items: &Embeddings) -> Option<InformationBound> {
    InformationBound::cross_fitted(queries, items, 0).ok()
}
