//! A graph says what its default effort finds, and where that is too little.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex},
};

use ess_core::{Effort, Embeddings, Index, MutableIndex, PersistentIndex};
use ess_index::{
    DefaultRecall, FlatIndex, GraphBuilder, GraphIndex, IdentifiedIndex, IndexFile, Opening, Progress,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tracing::{Event, Level, Metadata, Subscriber, field::Field, span};

const DIM: usize = 32;

/// How far a stated recall may be from what other queries find: some four standard errors of 48 pairs of queries in the hardest
/// of these sets.
const TOLERANCE: f64 = 0.05;

fn normal(random: &mut ChaCha8Rng) -> f32 {
    (0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0
}

fn direction(random: &mut ChaCha8Rng) -> Vec<f32> {
    unit((0..DIM).map(|_| normal(random)).collect())
}

fn unit(vector: Vec<f32>) -> Vec<f32> {
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter().map(|x| x / norm).collect()
}

/// Random directions, each changed and brought to a norm that is log-normal.
fn items(n: usize, sigma: f32, changed: impl Fn(Vec<f32>) -> Vec<f32>) -> Embeddings {
    let random = &mut ChaCha8Rng::seed_from_u64(1);
    let rows = (0..n).flat_map(|_| {
        let norm = (sigma * normal(random)).exp();
        unit(changed(direction(random))).into_iter().map(move |x| x * norm)
    });
    Embeddings::from_vec(rows.collect(), DIM).unwrap()
}

/// Within 0.3 of one direction, before they are brought to their norms.
fn cone(n: usize) -> Embeddings {
    let axis = (DIM as f32).sqrt().recip();
    items(n, 0.3, |direction| direction.iter().map(|x| axis + 0.3 * x).collect())
}

fn positive(n: usize) -> Embeddings {
    items(n, 0.3, |direction| direction.iter().map(|x| x.abs()).collect())
}

fn queries(n: usize) -> Embeddings {
    let random = &mut ChaCha8Rng::seed_from_u64(2);
    Embeddings::from_rows(&Vec::from_iter((0..n).map(|_| direction(random)))).unwrap()
}

fn build(items: &Embeddings) -> GraphIndex {
    GraphBuilder::default().build(items.clone(), Progress::Silent).unwrap()
}

/// Keeps what the crate says at level INFO.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl tracing::field::Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0.lock().unwrap(), "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::INFO && metadata.target().starts_with("ess_index")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The graph of these items, what it says, and what it warned of while it was built.
fn built(items: &Embeddings) -> (GraphIndex, DefaultRecall, String) {
    let log = Log::default();
    let index = tracing::subscriber::with_default(log.clone(), || build(items));
    let (said, warned) = (index.default_recall().unwrap(), log.0.lock().unwrap().clone());
    (index, said, warned)
}

/// What default searches for random directions find: of 10, and of 100.
fn found(index: &GraphIndex, items: &Embeddings) -> [f64; 2] {
    let (exact, queries) = (FlatIndex::new(items.clone()).unwrap(), queries(600));
    [10, 100].map(|k| index.recall_against(&exact, &queries, k, &Effort::default()).unwrap())
}

#[test]
fn a_graph_of_items_in_a_cone_says_that_random_directions_find_less() {
    for (items, what) in [(cone(4000), "a cone"), (positive(4000), "positive components")] {
        let (index, said, warned) = built(&items);
        let [at_10, at_100] = found(&index, &items);
        let out = said.out_of_distribution;
        assert!(at_100 < 0.95, "{what}: {at_100} is enough, so that nothing is tested");
        assert!(out.at_100 < 0.95 && said.needs_tuning(), "{what}: {said}, found {at_100}");
        let errors = [out.at_10 - at_10, out.at_100 - at_100];
        assert!(errors.iter().all(|error| error.abs() < TOLERANCE), "{what}: {said}, off by {errors:?}");
        let within = said.in_distribution;
        assert!(within.at_10 >= 0.96 && within.at_100 >= 0.96, "{what}: {said}");
        assert!(warned.contains(&said.to_string()) && warned.contains("tune"), "{what}: {warned}");
    }
}

#[test]
fn a_graph_of_items_in_all_directions_says_that_its_default_is_enough() {
    let items = items(4000, 0.0, |direction| direction);
    let (index, said, warned) = built(&items);
    let ([at_10, at_100], out) = (found(&index, &items), said.out_of_distribution);
    assert!(out.at_10 >= 0.95 && out.at_100 >= 0.95 && !said.needs_tuning(), "{said}");
    let errors = [out.at_10 - at_10, out.at_100 - at_100];
    assert!(errors.iter().all(|error| error.abs() < TOLERANCE), "{said}, off by {errors:?}");
    assert_eq!(warned, "");
}

#[test]
fn what_was_measured_depends_on_the_seed_alone_and_is_kept_in_the_file() {
    let items = cone(1200);
    let builder = GraphBuilder { degree: 12, ..GraphBuilder::default() };
    let built = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| builder.build(items.clone(), Progress::Silent).unwrap())
    };
    let index = built(1);
    let said = index.default_recall();
    assert!(said.is_some_and(|said| said.needs_tuning()), "{said:?}");
    assert_eq!(built(3).default_recall(), said);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("items.index");
    let identified = IdentifiedIndex::new(index.clone(), (0..1200_u64).collect()).unwrap();
    let saves: [&dyn Fn(); 2] = [&|| index.save(&path).unwrap(), &|| identified.save(&path).unwrap()];
    for save in saves {
        save();
        for opened in [GraphIndex::open(&path), GraphIndex::open_mapped(&path)] {
            assert_eq!(opened.unwrap().default_recall(), said);
        }
        assert_eq!(IndexFile::open(&path, Opening::Mapped).unwrap().default_recall().unwrap(), said);
    }
}

#[test]
fn it_is_measured_again_when_items_have_doubled_and_when_an_index_is_compacted() {
    let all = cone(2400);
    let rows = |range: std::ops::Range<usize>| all.select(&range.collect::<Vec<_>>()).unwrap();
    let builder = GraphBuilder { degree: 12, ..GraphBuilder::default() };
    let mut index = builder.build(rows(0..900), Progress::Silent).unwrap();
    assert_eq!(index.default_recall(), None);
    index.add(&rows(900..1200)).unwrap();
    let first = index.default_recall();
    assert!(first.is_some());
    index.add(&rows(1200..1300)).unwrap();
    assert_eq!(index.default_recall(), first);
    index.add(&rows(1300..2400)).unwrap();
    let second = index.default_recall();
    assert!(second.is_some() && second != first, "{first:?} {second:?}");
    index.remove(&(0..1200).collect::<Vec<_>>()).unwrap();
    assert_eq!(index.default_recall(), second);
    index.compact().unwrap();
    let compacted = builder.build(rows(1200..2400), Progress::Silent).unwrap();
    assert_eq!(index.default_recall(), compacted.default_recall());
}

#[test]
fn other_kinds_and_earlier_files_say_nothing() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1");
    for name in ["flat-f32", "quantised", "graph"] {
        let file = IndexFile::open(&folder.join(name).with_extension("index"), Opening::Mapped).unwrap();
        assert_eq!(file.default_recall().unwrap(), None, "{name}");
    }
}
