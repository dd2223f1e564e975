//! A small collection in which words find what embeddings do not.

use ess_auto::{Auto, AutoConfig, AutoModule, AutoReport, Collection, TrainingQueries};
use ess_core::{Embeddings, Hit, Ids};
use ess_train::{Judgement, Progress, QuerySet};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) const DIM: usize = 12;

/// Items of random direction, each with a word of its own and words that many have.
pub(crate) struct World {
    pub(crate) items: Embeddings,
    pub(crate) texts: Vec<String>,
}

impl World {
    pub(crate) fn new(items: usize, seed: u64) -> Self {
        let text = |item: usize| format!("name{seed}x{item} group{} common words", item % 7);
        Self { items: directions(items, seed), texts: (0..items).map(text).collect() }
    }

    pub(crate) fn collection(&self) -> Collection {
        let texts: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        let config = AutoConfig::default();
        self.bare_collection().with_texts(&texts, config.lexical).unwrap()
    }

    pub(crate) fn bare_collection(&self) -> Collection {
        let ids = Ids::new((0..self.items.len()).map(|item| item.to_string()).collect()).unwrap();
        Collection::new(ids, self.items.clone()).unwrap()
    }

    /// Queries whose embeddings are half noise, and whose texts name their item.
    pub(crate) fn queries(&self, queries: usize, seed: u64) -> TrainingQueries {
        let noise = directions(queries, seed);
        let item = |query: usize| (query * 31 + seed as usize) % self.items.len();
        let mixed: Vec<Vec<f32>> = (0..queries)
            .map(|query| {
                self.items.row(item(query)).iter().zip(noise.row(query)).map(|(a, b)| a + b).collect()
            })
            .collect();
        let judged = (0..queries).map(|query| vec![Judgement { item: item(query), grade: 1 }]).collect();
        let set = QuerySet::new(Embeddings::from_rows(&mixed).unwrap().normalized(), judged).unwrap();
        let texts = (0..queries).map(|query| {
            let name = self.texts[item(query)].split(' ').next().unwrap();
            format!("what is {name}")
        });
        TrainingQueries::new(set).with_texts(texts.collect()).unwrap()
    }
}

/// Items whose one vector is mostly about something else, and these other directions.
pub(crate) fn blurred(world: &World) -> (Collection, Embeddings) {
    let items = world.items.len();
    let noise = directions(items, 99);
    let wholes: Vec<Vec<f32>> = (0..items)
        .map(|row| world.items.row(row).iter().zip(noise.row(row)).map(|(a, b)| a + 1.5 * b).collect())
        .collect();
    let ids = Ids::new((0..items).map(|item| item.to_string()).collect()).unwrap();
    let collection = Collection::new(ids, Embeddings::from_rows(&wholes).unwrap().normalized()).unwrap();
    (collection, noise)
}

/// How many queries have their item first.
pub(crate) fn right(hits: &[Vec<Hit>], queries: &TrainingQueries) -> usize {
    let judged = hits.iter().zip(queries.set().judgements());
    judged.filter(|(hits, judged)| hits[0].item == judged[0].item).count()
}

fn directions(n: usize, seed: u64) -> Embeddings {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..n * DIM).map(|_| random.random_range(-1.0_f32..1.0)).collect();
    Embeddings::from_vec(values, DIM).unwrap().normalized()
}

/// Without trained modules, so that no test waits for training that it does not ask for.
pub(crate) fn config() -> AutoConfig {
    AutoConfig { trained_modules: Vec::new(), ..AutoConfig::default() }
}

pub(crate) fn fit(
    collection: &Collection,
    train: &TrainingQueries,
    config: AutoConfig,
) -> (AutoModule, AutoReport) {
    Auto::new(config).unwrap().with_progress(Progress::Silent).fit(collection, train, None, None).unwrap()
}
