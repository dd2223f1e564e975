//! What kinds whose queries are rows of a scoring promise: Poly-encoder and Hypencoder.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Device, Gradients, Tensor, TensorData},
};
use ess_core::{Embeddings, Encoding, InnerProduct, Scored, SearchModule, Similarity, TokenStates};
use ess_search::{
    Averaging, DeviceEncoding, Ensemble, Error, HostTensor, Hypencoder, HypencoderConfig, ModuleState,
    OnDevice, Part, PersistentModule, PolyEncoder, PolyEncoderConfig, Sequence, TokenAttention,
    TokenAttentionConfig, TrainableModule,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const TOKEN_DIM: usize = 5;

fn noise(seed: u64, count: usize) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
}

fn rows(n: usize, dim: usize, seed: u64) -> Embeddings {
    Embeddings::from_vec(noise(seed, n * dim), dim).unwrap().normalized()
}

/// Texts of no to five tokens.
fn texts(sentence_dim: usize) -> TokenStates {
    let lengths = [3, 1, 5, 0, 2];
    let states: Vec<Vec<f32>> = lengths.iter().map(|&n| noise(n as u64, n * TOKEN_DIM)).collect();
    TokenStates::from_texts(rows(lengths.len(), sentence_dim, 1), TOKEN_DIM, &states).unwrap()
}

fn poly(codes: usize, sentence_dim: usize, item_dim: usize) -> PolyEncoder {
    let config = PolyEncoderConfig { codes, sentence_dim, ..PolyEncoderConfig::new(TOKEN_DIM, item_dim) };
    PolyEncoder::init(&config, &Device::flex()).unwrap()
}

fn hyper(query_dim: usize, item_dim: usize, linear: bool) -> Hypencoder {
    let config =
        HypencoderConfig { hidden: 3, rank: 2, linear, ..HypencoderConfig::new(query_dim, item_dim) };
    Hypencoder::init(&config, &Device::flex()).unwrap()
}

fn state_of<M: TrainableModule>(module: M) -> ModuleState {
    OnDevice::new(module, &Device::flex()).to_state().unwrap()
}

/// The state with `step · direction` added to its parameters.
fn shifted(state: &ModuleState, direction: &[f32], step: f32) -> ModuleState {
    let mut state = state.clone();
    let mut direction = direction.iter();
    for (name, tensor) in &mut state.tensors {
        let values = tensor.values().iter().zip(&mut direction).map(|(value, d)| value + step * d).collect();
        *tensor = HostTensor::new(name, tensor.shape().to_vec(), values).unwrap();
    }
    state
}

fn disturbed<M: TrainableModule>(module: M) -> ModuleState {
    let state = state_of(module);
    shifted(&state, &noise(9, state.parameters()), 0.1)
}

fn built<E: DeviceEncoding + 'static>(state: &ModuleState) -> Box<dyn PersistentModule<E>> {
    E::registry().build(state, &Device::flex()).unwrap()
}

fn scores<E: Encoding>(module: &dyn PersistentModule<E>, queries: &E, items: &Embeddings) -> Vec<f32> {
    let scoring = module.scoring().unwrap();
    let mapped = module.apply(queries).unwrap();
    assert_eq!(mapped.dim(), module.width());
    Scored::new(&*scoring).similarities(&mapped, items).unwrap().into_raw_vec_and_offset().0
}

fn assert_near(found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{a} for {b}");
    }
}

/// Untrained, and with all parameters at zero, to which weight decay leads.
fn starts_as_inner_product<E: DeviceEncoding + 'static>(
    state: &ModuleState,
    queries: &E,
    frozen: &Embeddings,
) {
    let items = rows(7, frozen.dim(), 4);
    let expected = InnerProduct.similarities(frozen, &items).unwrap().into_raw_vec_and_offset().0;
    let mut decayed = state.clone();
    for (name, tensor) in &mut decayed.tensors {
        let zeros = vec![0.0; tensor.values().len()];
        *tensor = HostTensor::new(name, tensor.shape().to_vec(), zeros).unwrap();
    }
    for state in [state, &decayed] {
        assert_near(&scores(&*built::<E>(state), queries, &items), &expected, 1e-6);
    }
}

#[test]
fn both_start_as_the_frozen_inner_product_and_decay_to_it() {
    let texts = texts(6);
    for codes in [1, 4] {
        starts_as_inner_product(&state_of(poly(codes, 6, 6)), &texts, texts.embeddings());
    }
    let queries = rows(5, 6, 2);
    for linear in [true, false] {
        starts_as_inner_product(&state_of(hyper(6, 6, linear)), &queries, &queries);
    }
}

/// The bound of a Poly-encoder: with one code it is an attention-pooled bi-encoder.
#[test]
fn one_code_is_attention_pooling() {
    let (texts, items) = (texts(4), rows(7, 6, 4));
    let one = disturbed(poly(1, 4, 6));
    let config =
        TokenAttentionConfig { heads: 1, sentence_dim: 4, ..TokenAttentionConfig::new(TOKEN_DIM, 6) };
    let mut pooled = state_of(TokenAttention::init(&config, &Device::flex()).unwrap());
    for (name, own) in [("attention", "codes"), ("weight", "weight"), ("bias", "bias"), ("skip", "skip")] {
        let (shape, values) = (pooled.tensors[name].shape().to_vec(), one.tensors[own].values().to_vec());
        pooled.tensors.insert(name.to_owned(), HostTensor::new(name, shape, values).unwrap());
    }
    let mapped = built::<TokenStates>(&pooled).apply(&texts).unwrap();
    let expected = InnerProduct.similarities(&mapped, &items).unwrap().into_raw_vec_and_offset().0;
    assert_near(&scores(&*built::<TokenStates>(&one), &texts, &items), &expected, 1e-6);
}

/// `Σⱼ wⱼ ⟨yⱼ, d⟩` as the paper writes it, in f64, from the saved tensors.
#[test]
fn scores_of_a_poly_encoder_are_those_of_its_formula() {
    let (texts, items, codes, dim) = (texts(6), rows(4, 6, 4), 3, 6);
    let state = disturbed(poly(codes, 6, dim));
    let found = scores(&*built::<TokenStates>(&state), &texts, &items);
    let tensor = |name: &str, row: usize, column: usize| -> f64 {
        let tensor = &state.tensors[name];
        f64::from(tensor.values()[row * tensor.shape()[1] + column])
    };
    for (query, sentence) in texts.embeddings().rows().enumerate() {
        let tokens: Vec<Vec<f64>> = texts
            .states(query)
            .chunks(TOKEN_DIM)
            .map(|token| {
                let norm = token.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
                token.iter().map(|&x| f64::from(x) / norm).collect()
            })
            .collect();
        let vector = |code: usize| -> Vec<f64> {
            let logit = |token: &Vec<f64>| -> f64 {
                10.0 * token.iter().enumerate().map(|(i, x)| x * tensor("codes", i, code)).sum::<f64>()
            };
            let shares: Vec<f64> = tokens.iter().map(|token| logit(token).exp()).collect();
            let total = shares.iter().sum::<f64>().max(f64::MIN_POSITIVE);
            let pooled = |i: usize| tokens.iter().zip(&shares).map(|(t, p)| p / total * t[i]).sum::<f64>();
            let change = |k: usize| -> f64 {
                (0..TOKEN_DIM).map(|i| pooled(i) * tensor("weight", i, k)).sum::<f64>()
                    + tensor("bias", code, k)
            };
            (0..dim).map(|k| f64::from(sentence[k]) + change(k)).collect()
        };
        let vectors: Vec<Vec<f64>> = (0..codes).map(vector).collect();
        for (item, d) in items.rows().enumerate() {
            let product = |y: &Vec<f64>| y.iter().zip(d).map(|(y, &d)| y * f64::from(d)).sum::<f64>();
            let products: Vec<f64> = vectors.iter().map(product).collect();
            let shares: Vec<f64> = products.iter().map(|a| (10.0 * a).exp()).collect();
            let expected =
                products.iter().zip(&shares).map(|(a, w)| a * w).sum::<f64>() / shares.iter().sum::<f64>();
            let found = f64::from(found[query * items.len() + item]);
            assert!((found - expected).abs() < 1e-5, "query {query}, item {item}: {found} for {expected}");
        }
    }
}

/// Whatever stands beside a query, its row is the same; and a saved module is the same again, bit for bit.
fn conforms<E: DeviceEncoding + 'static>(state: &ModuleState, queries: &E) {
    let module = built::<E>(state);
    ess_testing::search_module::conforms_on(&module, queries, 2e-5);
    let folder = tempfile::tempdir().unwrap();
    module.to_state().unwrap().save(folder.path()).unwrap();
    let loaded = E::registry().load(folder.path(), &Device::flex()).unwrap();
    assert_eq!(loaded.apply(queries).unwrap(), module.apply(queries).unwrap());
    assert_eq!(format!("{:?}", loaded.scoring()), format!("{:?}", module.scoring()));
}

#[test]
fn both_conform_and_are_saved_and_loaded() {
    for (sentence_dim, item_dim) in [(6, 6), (4, 7), (1, 1)] {
        conforms(&disturbed(poly(3, sentence_dim, item_dim)), &texts(sentence_dim));
        conforms(&disturbed(hyper(sentence_dim, item_dim, true)), &rows(5, sentence_dim, 2));
    }
    ess_testing::search_module::conforms(&built::<Embeddings>(&disturbed(hyper(4, 3, false))), 2e-5);
}

/// The gradient of each parameter, by name.
struct Collect<'a>(Vec<String>, &'a Gradients, BTreeMap<String, Vec<f32>>);

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.1).unwrap();
        self.2.insert(self.0.join("."), gradient.into_data().try_to_vec().unwrap());
    }

    fn enter_module(&mut self, name: &str, _container: &str) {
        self.0.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.0.pop();
    }
}

fn gradients_are_slopes<E: DeviceEncoding + 'static>(state: &ModuleState, queries: &E) {
    let device = Device::flex();
    let module = E::registry().trainable(state, &device).unwrap().fork(&device).train();
    let mapped = module.forward(queries.to_tensors(&device.clone().autodiff()));
    let [n, width] = mapped.dims();
    let weights = noise(5, n * width);
    let g = Tensor::<2>::from_data(TensorData::new(weights.clone(), [n, width]), &device);
    let gradients = (mapped * g.autodiff()).sum().backward();
    let mut collect = Collect(Vec::new(), &gradients, BTreeMap::new());
    module.visit(&mut collect);
    let gradient: Vec<f32> = collect.2.into_values().flatten().collect();
    let direction = noise(6, state.parameters());
    let expected: f64 = gradient.iter().zip(&direction).map(|(&g, &d)| f64::from(g * d)).sum();
    let value = |step: f32| -> f64 {
        let mapped = built::<E>(&shifted(state, &direction, step)).apply(queries).unwrap();
        mapped.as_slice().iter().zip(&weights).map(|(&z, &w)| f64::from(z) * f64::from(w)).sum()
    };
    let found = (value(1e-3) - value(-1e-3)) / 2e-3;
    let tolerance = 0.02 * expected.abs().max(found.abs()) + 2e-3;
    assert!((found - expected).abs() <= tolerance, "{found} for {expected}");
}

#[test]
fn gradients_of_rows_agree_with_finite_differences() {
    gradients_are_slopes(&disturbed(poly(3, 4, 6)), &texts(4));
    gradients_are_slopes(&disturbed(hyper(4, 6, true)), &rows(5, 4, 2));
    gradients_are_slopes(&disturbed(hyper(4, 4, false)), &rows(5, 4, 2));
}

#[test]
fn settings_and_encodings_that_do_not_fit_are_refused() {
    let device = Device::flex();
    let poly_of = |codes, sharpness| {
        let config = PolyEncoderConfig { codes, sharpness, ..PolyEncoderConfig::new(TOKEN_DIM, 6) };
        PolyEncoder::init(&config, &device).map(drop)
    };
    for (codes, sharpness) in [(0, 1.0), (257, 1.0), (4, -1.0), (4, f32::NAN), (4, f32::INFINITY)] {
        assert!(matches!(poly_of(codes, sharpness), Err(Error::Config { .. })), "{codes} {sharpness}");
    }
    for (hidden, rank) in [(0, 2), (1025, 2), (3, 0), (3, 1 << 20), (1024, 1 << 14)] {
        let config = HypencoderConfig { hidden, rank, ..HypencoderConfig::new(6, 1 << 13) };
        assert!(matches!(Hypencoder::init(&config, &device).map(drop), Err(Error::Config { .. })));
    }
    let module = OnDevice::new(poly(3, 6, 6), &device);
    assert!(matches!(module.apply(&texts(4)), Err(ess_core::Error::DimensionMismatch { found: 4, .. })));
    let wide = TokenStates::from_texts(rows(1, 6, 1), 4, &[vec![1.0; 8]]).unwrap();
    assert!(matches!(module.apply(&wide), Err(ess_core::Error::DimensionMismatch { found: 4, .. })));
}

#[test]
fn what_averages_or_chains_vectors_refuses_rows() {
    let member = built::<TokenStates>(&state_of(poly(3, 6, 6)));
    let ensemble = Ensemble::new(vec![member], Averaging::AfterNormalization).map(drop);
    assert!(matches!(ensemble, Err(Error::Core(ess_core::Error::Unsupported { .. }))));
    let part = Part::new("network", hyper(6, 6, true)).unwrap();
    assert!(matches!(Sequence::new(vec![part]).map(drop), Err(Error::Config { name: "parts", .. })));
}
