//! Dense layers behind the pooling.

use std::sync::Arc;

use burn::tensor::Device;
use ess_core::QueryEncoder;
use ess_encoders::{Error, MergedEncoder};
use serde_json::json;

use crate::{
    folder::Folder,
    settings::{gives, weights, without_prompts},
};

/// A golden folder with a Dense layer behind its pooling, and whatever followed it.
pub(crate) fn with_dense(case: &str, config: &str) -> Folder {
    without_prompts("bert")
        .edit("modules.json", |modules| {
            let dense = json!({"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"});
            modules.as_array_mut().unwrap().insert(2, dense);
        })
        .write("2_Dense/config.json", config.as_bytes())
        .write("2_Dense/model.safetensors", &weights(case))
}

#[test]
fn a_dense_layer_without_an_activation_has_tanh_and_halves_are_read() {
    gives(
        &with_dense("dense-default", r#"{"in_features": 32, "out_features": 6, "bias": true}"#),
        "dense-default",
    );
    let relu = r#"{"in_features": 32, "out_features": 6, "activation_function": "torch.nn.modules.activation.ReLU"}"#;
    gives(&with_dense("dense-f16", relu), "dense-f16");
    for other in ["my_model.ReLU", "torch.nn.modules.activation.Softplus", "ReLU"] {
        let error = with_dense("dense-f16", &relu.replace("torch.nn.modules.activation.ReLU", other)).error();
        assert!(matches!(&error, Error::Config { field: "activation_function", .. }), "{other}: {error}");
    }
}

#[test]
fn a_residual_dense_layer_adds_its_input() {
    let config = r#"{"in_features": 32, "out_features": 32, "bias": false, "use_residual": true,
        "activation_function": "torch.nn.modules.linear.Identity"}"#;
    gives(&with_dense("dense-residual", config), "dense-residual");
}

/// `y = activation(x Wᵀ + b) + x Rᵀ`, against the plain vectors.
#[test]
fn a_residual_of_another_size_goes_through_a_matrix_of_its_own() {
    let values = |n: usize, step: f32| (0..n).map(|i| (i as f32 * step).sin()).collect::<Vec<_>>();
    let (weight, bias, residual) = (values(96, 0.7), values(3, 1.1), values(96, 0.3));
    let bytes = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let tensors = [
        ("linear.weight", vec![3, 32], bytes(&weight)),
        ("linear.bias", vec![3], bytes(&bias)),
        ("residual.weight", vec![3, 32], bytes(&residual)),
    ];
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (*name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let file = safetensors::serialize(views, None).unwrap();
    let without_normalize =
        |folder: Folder| folder.edit("modules.json", |modules| drop(modules.as_array_mut().unwrap().pop()));
    let config = r#"{"in_features": 32, "out_features": 3, "use_residual": true,
        "activation_function": "torch.nn.modules.activation.GELU"}"#;
    let folder =
        || without_normalize(with_dense("dense-residual", config).write("2_Dense/model.safetensors", &file));
    let texts = ["the cat sat", "risk"];
    let plain = without_normalize(without_prompts("bert")).load().unwrap().encode_queries(&texts).unwrap();
    let expected: Vec<Vec<f32>> = plain
        .rows()
        .map(|x| {
            let dot = |m: &[f32], o: usize| m[o * 32..][..32].iter().zip(x).map(|(m, x)| m * x).sum::<f32>();
            let gelu = |x: f32| {
                let tanh = (0.797_884_6 * (x + 0.044_715 * x.powi(3))).tanh();
                0.5 * x * (1.0 + tanh)
            };
            (0..3).map(|o| gelu(dot(&weight, o) + bias[o]) + dot(&residual, o)).collect()
        })
        .collect();
    let encoder = Arc::new(folder().load().unwrap());
    let (lower, upper) = encoder.split(2, &Device::flex()).unwrap();
    let merged = MergedEncoder::new(lower, upper).encode_queries(&texts).unwrap();
    for found in [encoder.encode_queries(&texts).unwrap(), merged] {
        for (found, expected) in found.rows().zip(&expected) {
            // The tangent form of GELU above is an approximation.
            assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 5e-3), "{found:?} {expected:?}");
        }
    }
    let error = folder().write("2_Dense/model.safetensors", &weights("dense-residual")).error();
    assert!(matches!(&error, Error::TensorShape { .. } | Error::MissingTensor { .. }), "{error}");
    let unasked = config.replace("\"use_residual\": true", "\"use_residual\": false");
    let error = folder().write("2_Dense/config.json", unasked.as_bytes()).error();
    assert!(matches!(&error, Error::UnexpectedTensor { name, .. } if name == "residual.weight"), "{error}");
}
