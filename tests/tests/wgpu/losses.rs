//! Every loss on both devices: its value and its gradients.

use burn::tensor::Device;
use ess_search::{DeviceEncoding, embeddings_from_tensor};
use ess_train::{Judgement, LossBatch, LossConfig};

use crate::{
    agreement::{COMPUTED, close},
    devices::{cpu, gpu},
    task::{self, DIM, QUERIES, embeddings},
};

#[path = "../../../crates/ess-train/tests/training/losses/every_loss.rs"]
pub(crate) mod every_loss;

use every_loss::LOSSES;

/// Value, gradient with respect to the queries, and with respect to the items where there is one.
struct Found {
    loss: f64,
    gradient: Vec<f32>,
    item_gradient: Option<Vec<f32>>,
}

fn evaluate(loss: &LossConfig, device: &Device) -> Found {
    let (embeddings_of_items, judgements) = (task::items(), task::judgements());
    let (negatives, teacher) = (task::negatives(), task::teacher());
    let batch = LossBatch::new(judgements.iter().map(Vec::as_slice).collect::<Vec<&[Judgement]>>())
        .with_teacher(teacher.iter().map(Vec::as_slice).collect())
        .with_negatives(negatives.iter().map(Vec::as_slice).collect())
        .with_frozen(embeddings(QUERIES, DIM, 6).to_tensors(device))
        .with_item_gradient(true);
    let items = task::on(&embeddings_of_items, device);
    let queries = embeddings(QUERIES, DIM, 1).to_tensors(device);
    let value = loss.build().unwrap().evaluate(queries, &batch, &items).unwrap();
    let read = |tensor| embeddings_from_tensor(tensor).unwrap().as_slice().to_vec();
    Found { loss: value.loss, gradient: read(value.gradient), item_gradient: value.item_gradient.map(read) }
}

#[test]
fn value_and_gradients_of_every_loss() {
    for json in LOSSES {
        let loss: LossConfig = serde_json::from_str(json).unwrap();
        let (expected, found) = (evaluate(&loss, &cpu()), evaluate(&loss, &gpu()));
        let near = (expected.loss - found.loss).abs() <= f64::from(COMPUTED) * (1.0 + expected.loss.abs());
        assert!(near, "{json}: {} on the CPU, {} on the GPU", expected.loss, found.loss);
        close(&format!("gradient of {json}"), &expected.gradient, &found.gradient, COMPUTED);
        match (expected.item_gradient, found.item_gradient) {
            (Some(expected), Some(found)) => {
                close(&format!("gradient of {json} with respect to the items"), &expected, &found, COMPUTED);
            }
            (expected, found) => assert_eq!(expected, found, "{json}"),
        }
    }
}

/// Every loss that has a name is among those that are compared.
#[test]
fn no_loss_is_left_out() {
    let kinds = LossConfig::kinds();
    assert!(kinds.contains(&"softmax"), "{kinds:?}");
    for kind in kinds {
        assert!(LOSSES.iter().any(|json| json.starts_with(&format!(r#"{{"kind": "{kind}""#))), "{kind}");
    }
}
