//! Implementations that break a promise are found out.

use std::sync::atomic::{AtomicUsize, Ordering};

use ess_core::{Embeddings, EncoderFn, Error, Hit, Index, QueryEncoder, SearchModuleFn, SearchParams};
use ess_testing::index::{self, Promise};
use ess_testing::{encoder, search_module};

/// Compares everything, then spoils the hits.
struct Spoiled<F>(Embeddings, F);

impl<F: Fn(&mut Vec<Hit>, usize) + Send + Sync> Index for Spoiled<F> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        self.check_search(queries, k)?;
        params.unfiltered()?;
        let answer = |query: &[f32]| {
            let dot = |item: &[f32]| query.iter().zip(item).map(|(q, x)| q * x).sum();
            let mut hits: Vec<Hit> =
                self.0.rows().map(dot).enumerate().map(|(item, s)| Hit::new(item, s)).collect();
            hits.sort_by(Hit::by_relevance);
            (self.1)(&mut hits, k);
            hits.truncate(k);
            hits
        };
        Ok(queries.rows().map(answer).collect())
    }
}

fn check(spoil: impl Fn(&mut Vec<Hit>, usize) + Send + Sync, promise: &Promise) {
    index::conforms(|items| Spoiled(items, &spoil), promise);
}

#[test]
#[should_panic(expected = "similarities that overflow")]
fn infinite_similarities() {
    check(|_, _| {}, &Promise::EXACT);
}

fn drop_the_best(hits: &mut Vec<Hit>, k: usize) {
    if k < hits.len() {
        hits.remove(0);
    }
}

#[test]
#[should_panic(expected = "expected recall 1")]
fn the_best_item_missing() {
    check(drop_the_best, &Promise::EXACT);
}

#[test]
#[should_panic(expected = "expected recall 0.95")]
fn too_low_a_recall() {
    let promise = Promise { recall: 0.95, ..Promise::EXACT };
    check(drop_the_best, &promise);
}

#[test]
#[should_panic(expected = "ties with it and is missing")]
fn ties_in_another_order() {
    let last_first = |a: &Hit, b: &Hit| b.similarity.total_cmp(&a.similarity).then(b.item.cmp(&a.item));
    check(
        |hits, k| {
            hits.sort_by(last_first);
            hits.truncate(k);
            hits.sort_by(Hit::by_relevance);
        },
        &Promise::EXACT,
    );
}

#[test]
#[should_panic(expected = "the order of")]
fn hits_in_another_order() {
    check(|hits, k| hits[..k].reverse(), &Promise::EXACT);
}

#[test]
#[should_panic(expected = "no item twice")]
fn an_item_twice() {
    check(
        |hits, k| {
            if k > 1 {
                hits[1] = hits[0]
            }
        },
        &Promise::EXACT,
    );
}

#[test]
#[should_panic(expected = "k hits for each query")]
fn too_few_hits() {
    check(|hits, k| hits.truncate(k - 1), &Promise::EXACT);
}

#[test]
#[should_panic(expected = "found Hit")]
fn wrong_similarities() {
    check(|hits, _| hits.iter_mut().for_each(|hit| hit.similarity *= 1.001), &Promise::EXACT);
}

#[test]
#[should_panic(expected = "the same batch again")]
fn answers_that_change() {
    let calls = AtomicUsize::new(0);
    // Small enough a change for the tolerance of similarities.
    let drift = |hits: &mut Vec<Hit>, _: usize| {
        let call = calls.fetch_add(1, Ordering::Relaxed) as f32;
        hits.iter_mut().for_each(|hit| hit.similarity *= 1.0 + call * 1e-6);
        hits.iter_mut().for_each(|hit| hit.similarity = hit.similarity.clamp(f32::MIN, f32::MAX));
    };
    check(drift, &Promise { similarity: 0.1, ..Promise::EXACT });
}

#[test]
#[should_panic(expected = "k = 0")]
fn no_check_of_k() {
    struct Careless(Embeddings);
    impl Index for Careless {
        fn dim(&self) -> usize {
            self.0.dim()
        }
        fn len(&self) -> usize {
            self.0.len()
        }
        fn search_with(
            &self,
            queries: &Embeddings,
            k: usize,
            params: &SearchParams<'_>,
        ) -> Result<Vec<Vec<Hit>>, Error> {
            let careful = Spoiled(self.0.clone(), |_: &mut Vec<Hit>, _: usize| {});
            careful.search_with(queries, k.clamp(1, self.len()), params)
        }
    }
    index::conforms(Careless, &Promise::EXACT);
}

#[test]
#[should_panic(expected = "an empty batch: expected Empty")]
fn an_encoder_that_takes_nothing() {
    struct Lenient;
    impl QueryEncoder for Lenient {
        type Query = str;
        type Encoding = Embeddings;
        fn dim(&self) -> usize {
            1
        }
        fn encode_queries(&self, queries: &[&str]) -> Result<Embeddings, Error> {
            Embeddings::from_vec(vec![1.0; queries.len().max(1)], 1)
        }
    }
    encoder::query_encoder_conforms(&Lenient, &["a", "b"], 0.0);
}

#[test]
#[should_panic(expected = "the same batch again")]
fn an_encoder_that_forgets() {
    let calls = AtomicUsize::new(0);
    let counting = EncoderFn::new(1, |_: &str| vec![calls.fetch_add(1, Ordering::Relaxed) as f32]);
    encoder::item_encoder_conforms(&counting, &["a", "b"], 0.0);
}

#[test]
#[should_panic(expected = "one query alone and in a batch")]
fn a_module_that_looks_at_the_batch() {
    let minus_mean = SearchModuleFn::new(2, 2, |queries: &Embeddings| {
        let mean = queries.as_slice().iter().sum::<f32>() / queries.len() as f32;
        Embeddings::new(queries.view().mapv(|x| x - mean))
    });
    search_module::conforms(&minus_mean, 1e-4);
}
