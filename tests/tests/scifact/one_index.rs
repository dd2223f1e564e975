//! One index of frozen items serves queries one by one or together, and several searching modules.

use std::collections::HashMap;

use ess_core::{EncoderFn, Identity, Index, QueryEncoder, Retriever, SearchModule};
use ess_index::FlatIndex;

use crate::{
    fitting::{a_few_steps, fit_linear},
    splits::SciFact,
};

const K: usize = 20;

/// A query encoder whose queries are ids and whose embeddings were computed before.
fn precomputed() -> impl QueryEncoder<Query = str, Encoding = ess_core::Embeddings> {
    let queries = &SciFact::get().queries;
    let embeddings = queries.to_embeddings().unwrap();
    let by_id: HashMap<String, Vec<f32>> =
        queries.ids().iter().zip(embeddings.rows()).map(|(id, row)| (id.to_owned(), row.to_vec())).collect();
    EncoderFn::new(embeddings.dim(), move |id: &str| by_id.get(id).cloned().unwrap_or_default())
}

#[test]
fn a_retriever_answers_as_the_batch_search_does_for_each_of_its_modules() {
    let scifact = SciFact::get();
    let split = scifact.official();
    let trained = fit_linear(&split, a_few_steps()).trained;
    let identity = Identity::new(scifact.items.dim());
    let index: &FlatIndex = &scifact.index;
    let retriever = Retriever::new(precomputed(), identity, index).unwrap();

    let ids: Vec<&str> = split.test.ids.iter().map(String::as_str).collect();
    let encodings = split.test.set.encodings();
    let frozen = index.search(encodings, K).unwrap();
    assert_eq!(retriever.search(&ids, K).unwrap(), frozen);
    let mapped = trained.apply(encodings).unwrap();
    let searched = index.search(&mapped, K).unwrap();
    assert_eq!(retriever.search_with(&trained, &ids, K).unwrap(), searched);
    assert_ne!(searched, frozen, "two modules on one index must answer differently");

    for (id, expected) in ids.iter().zip(&frozen).take(5) {
        assert_eq!(&retriever.search(&[id], K).unwrap()[0], expected, "query {id} alone");
    }
    let unknown = retriever.search(&["no such query"], K);
    assert!(matches!(unknown, Err(ess_core::Error::DimensionMismatch { found: 0, .. })), "{unknown:?}");
}
