//! The implementations that ess-core brings, through the suites.

use ess_core::{
    Compose, Embeddings, EncoderFn, Identity, MatrixModule, SearchModule, SearchModuleFn, SentenceIdentity,
    TokenStates,
};
use ess_testing::{encoder, search_module};
use ndarray::Array2;

#[test]
fn the_encoder_of_a_closure_conforms() {
    let letters =
        EncoderFn::new(3, |text: &str| vec![text.len() as f32, text.split(' ').count() as f32, -1.5]);
    encoder::query_encoder_conforms(&letters, &["a", "few words", "three of them"], 0.0);
    encoder::item_encoder_conforms(&&letters, &["a", "few words", "three of them"], 0.0);
}

#[test]
fn searching_modules_conform() {
    let weight = Array2::from_shape_fn((5, 3), |(i, j)| (i as f32 - 1.5) * (j as f32 + 0.3));
    let matrix = MatrixModule::new(weight).unwrap();
    let doubled = SearchModuleFn::new(3, 3, |queries: &Embeddings| Embeddings::new(&queries.view() * 2.0));
    search_module::conforms(&Identity::new(7), 0.0);
    search_module::conforms(&matrix, 1e-6);
    search_module::conforms(&doubled, 0.0);
    let both: Box<dyn SearchModule> = Box::new(Compose::new(matrix, doubled).unwrap());
    search_module::conforms(&both, 1e-6);
    let embeddings = Embeddings::from_rows(&[[1.0, 0.5], [-2.0, 0.0], [0.0, 3.0]]).unwrap();
    let states = TokenStates::from_texts(embeddings, 3, &[vec![0.1; 6], vec![0.2; 3], vec![]]).unwrap();
    search_module::conforms_on(&SentenceIdentity::new(3, 2), &states, 0.0);
}
