//! Gradients agree with finite differences.

use std::collections::BTreeMap;

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Device, Gradients, Tensor, TensorData},
};
use ess_core::{Embeddings, SearchModule};
use ess_search::{DeviceEncoding, ModuleState, Registry, TrainableModule};

use crate::list::{built, every_kind, noise, queries, shifted};

/// The gradient of each parameter that has one, by name.
struct Collect<'a> {
    path: Vec<String>,
    gradients: &'a Gradients,
    found: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad(self.gradients) {
            self.found.insert(self.path.join("."), gradient.into_data().try_to_vec().unwrap());
        }
    }

    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }
}

/// The gradient of `Σ z ⊙ weights`.
fn gradient(state: &ModuleState, queries: &Embeddings, weights: &[f32]) -> BTreeMap<String, Vec<f32>> {
    let device = Device::flex();
    let module = Registry::default().trainable(state, &device).unwrap().fork(&device).train();
    let mapped = module.forward(queries.to_tensors(&device.clone().autodiff()));
    let weights = Tensor::<2>::from_data(TensorData::new(weights.to_vec(), mapped.dims()), &device);
    let gradients = (mapped * weights.autodiff()).sum().backward();
    let mut collect = Collect { path: Vec::new(), gradients: &gradients, found: BTreeMap::new() };
    module.visit(&mut collect);
    collect.found
}

fn value(state: &ModuleState, queries: &Embeddings, weights: &[f32]) -> f64 {
    let mapped = built(state).apply(queries).unwrap();
    mapped.as_slice().iter().zip(weights).map(|(&z, &w)| f64::from(z) * f64::from(w)).sum()
}

#[test]
fn gradients_agree_with_finite_differences() {
    for kind in every_kind() {
        // The noise of training is in its gradients, and not in what is applied.
        if kind.description(1, 1, 0).config["gate"] == "hard_concrete" {
            continue;
        }
        for (query_dim, item_dim) in [(6, 6), (6, 3), (1, 1)] {
            let state = kind.disturbed(query_dim, item_dim, 5);
            let (queries, weights) = (queries(5, query_dim, 2), noise(3, 5 * item_dim));
            let gradient = gradient(&state, &queries, &weights);
            let mut direction = noise(4, state.parameters());
            let (mut at, mut expected) = (0, 0.0_f64);
            for (name, tensor) in &state.tensors {
                let own = &mut direction[at..at + tensor.values().len()];
                match gradient.get(name) {
                    Some(gradient) => {
                        expected += gradient.iter().zip(&*own).map(|(&g, &d)| f64::from(g * d)).sum::<f64>();
                    }
                    None => {
                        assert!(name.contains("first_"), "{}: no gradient of {name}", kind.name);
                        own.fill(0.0);
                    }
                }
                at += tensor.values().len();
            }
            let step = 1e-3;
            let [above, below] =
                [step, -step].map(|step| value(&shifted(&state, &direction, step), &queries, &weights));
            let found = (above - below) / f64::from(2.0 * step);
            let tolerance = 0.02 * expected.abs().max(found.abs()) + 2e-3;
            assert!(
                (found - expected).abs() <= tolerance,
                "{} {query_dim}→{item_dim}: {found} for {expected}",
                kind.name
            );
        }
    }
}
