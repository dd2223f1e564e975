//! Token vectors like those of texts: few words are frequent and most are rare, and a word's vector moves with its text.

use ess_core::{Embeddings, TokenStates};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) const DIM: usize = 48;
const WORDS: usize = 500;

/// Items of 5 to 39 tokens, and for each of the first items, one at least, a query of some of its words in another context.
pub(crate) fn texts(items: usize, queries: usize) -> (TokenStates, TokenStates) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let words: Vec<Vec<f32>> = (0..WORDS).map(|_| vector(&mut random)).collect();
    let (mut texts, mut asked) = (Vec::new(), Vec::new());
    for item in 0..items {
        let length = random.random_range(5..40);
        let chosen: Vec<usize> = (0..length).map(|_| zipf(&mut random)).collect();
        texts.push(in_context(&words, &chosen, &mut random));
        if item < queries.max(1) {
            let some: Vec<usize> = (0..6).map(|_| chosen[random.random_range(0..length)]).collect();
            asked.push(in_context(&words, &some, &mut random));
        }
    }
    (states(&texts), states(&asked))
}

pub(crate) fn states(texts: &[Vec<f32>]) -> TokenStates {
    let embeddings = Embeddings::from_vec(vec![0.0; texts.len()], 1).unwrap();
    TokenStates::from_texts(embeddings, DIM, texts).unwrap()
}

/// MaxSim as it is defined, for items of unit norm.
pub(crate) fn max_sim(query: &[f32], item: &[f32], dim: usize) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
    let cosine = |a: &[f32], b: &[f32]| dot(a, b) / dot(b, b).sqrt().max(1e-30);
    let best =
        |token: &[f32]| item.chunks(dim).map(|other| cosine(token, other)).fold(f64::NEG_INFINITY, f64::max);
    if item.is_empty() { 0.0 } else { query.chunks(dim).map(best).sum::<f64>() as f32 }
}

fn zipf(random: &mut ChaCha8Rng) -> usize {
    ((WORDS as f64).powf(random.random::<f64>()) as usize).min(WORDS) - 1
}

fn vector(random: &mut ChaCha8Rng) -> Vec<f32> {
    // A sum of three is normal enough.
    (0..DIM).map(|_| (0..3).map(|_| random.random_range(-1.0_f32..1.0)).sum()).collect()
}

fn in_context(words: &[Vec<f32>], chosen: &[usize], random: &mut ChaCha8Rng) -> Vec<f32> {
    let context = vector(random);
    let token = |&word: &usize| {
        let own = vector(random);
        let parts = words[word].iter().zip(&context).zip(own);
        parts.map(|((word, context), own)| word + 0.3 * context + 0.3 * own).collect::<Vec<f32>>()
    };
    chosen.iter().flat_map(token).collect()
}
