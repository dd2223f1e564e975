//! What a batch tells a loss, and what losses say of themselves.

use burn::tensor::{Device, Tensor};
use ess_core::Embeddings;
use ess_train::{
    Error, Items, Judgement, Loss, LossBatch, LossConfig, LossKind, LossValue, Needs, Softmax, TeacherScore,
    Triplet, register_loss,
};
use serde::{Deserialize, Serialize};

use crate::losses::{case::loss, every_loss::LOSSES};

#[test]
fn a_batch_tells_what_it_was_given_and_no_more() {
    let (first, second) = ([Judgement { item: 3, grade: 1 }], [Judgement { item: 5, grade: 2 }]);
    let batch = LossBatch::new(vec![&first[..], &second[..]]);
    assert!(batch.len() == 2 && !batch.is_empty() && LossBatch::new(Vec::new()).is_empty());
    assert_eq!(batch.judgements(), [&first[..], &second[..]]);
    assert!(!batch.wants_item_gradient() && !batch.has_lasting_items() && batch.frozen().is_err());
    assert!(batch.teacher_of(1).is_empty() && batch.negatives_of(1).is_empty());
    assert_eq!((batch.weights(), batch.row_of(1)), (vec![1.0, 1.0], 1));
    let score = [TeacherScore { item: 5, score: 0.5 }];
    let batch = batch
        .with_teacher(vec![&[], &score])
        .with_negatives(vec![&[], &[8, 9]])
        .with_weights(vec![0.5, 3.0])
        .with_rows(vec![40, 20])
        .with_frozen(Tensor::from_data([[0.5], [0.25]], &Device::flex()))
        .with_item_gradient(true)
        .with_lasting_items(true);
    assert_eq!((batch.len(), batch.weight_of(1), batch.weights()), (2, 3.0, vec![0.5, 3.0]));
    assert_eq!((batch.teacher_of(1), batch.negatives_of(1), batch.row_of(1)), (&score[..], &[8, 9][..], 20));
    assert!(batch.has_lasting_items() && !batch.clone().with_lasting_items(false).has_lasting_items());
    assert!(batch.wants_item_gradient() && batch.frozen().is_ok_and(|frozen| frozen.dims() == [2, 1]));
}

#[test]
fn needs_of_either_are_needs_of_both() {
    let [none, teacher, negatives, frozen] = [Needs::default(); 4];
    let teacher = Needs { teacher: true, ..teacher };
    let negatives = Needs { negatives: true, ..negatives };
    let frozen = Needs { frozen: true, ..frozen };
    for one in [teacher, negatives, frozen] {
        assert_eq!((one.or(none), none.or(one), one.or(one)), (one, one, one));
    }
    assert_eq!(none.or(none), none);
    assert_eq!(teacher.or(negatives), Needs { teacher: true, negatives: true, frozen: false });
}

#[test]
fn every_loss_says_what_it_is_and_what_its_candidates_need() {
    for json in LOSSES {
        let (config, built) = (loss(json), loss(json).build().unwrap());
        assert_eq!(built.config(), config);
        let expected = Needs {
            negatives: json.contains("negatives"),
            teacher: json.contains("margin_mse") || json.contains("listwise_kl"),
            frozen: json.contains("recovery"),
        };
        assert_eq!(built.needs(), expected, "{json}");
    }
    for kind in ["approx_ndcg", "triplet", "lambda", "pairwise_logistic", "softmax"] {
        let json = format!(r#"{{"kind": "{kind}", "candidates": "negatives"}}"#);
        assert!(loss(&json).build().unwrap().needs().negatives, "{kind}");
        let none = format!(r#"{{"kind": "{kind}", "candidates": {{"top": 0}}}}"#);
        assert!(matches!(loss(&none).build().map(|_| ()), Err(Error::Config { .. })), "{kind}");
    }
}

#[test]
fn losses_are_equal_where_their_settings_are() {
    let triplet = LossConfig::of(Triplet { margin: 0.5, ..Triplet::default() });
    assert_ne!(triplet, LossConfig::of(Triplet::default()));
    assert_ne!(LossConfig::default(), LossConfig::of(Triplet::default()));
    assert_eq!(triplet.settings::<Triplet>().map(|triplet| triplet.margin), Some(0.5));
    assert!(triplet.settings::<Softmax>().is_none());
    for name in [
        "softmax",
        "pairwise_logistic",
        "triplet",
        "lambda",
        "approx_ndcg",
        "margin_mse",
        "listwise_kl",
        "recovery",
        "sum",
    ] {
        assert!(LossConfig::kinds().contains(&name), "{name}");
    }
    assert!(!LossConfig::kinds().contains(&"given"));
}

/// The mean of the mapped queries' first component.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstComponent {}

impl Loss for FirstComponent {
    fn evaluate(
        &self,
        queries: Tensor<2>,
        _batch: &LossBatch<'_>,
        _items: &Items<'_>,
    ) -> Result<LossValue, Error> {
        let first = queries.clone().slice(burn::tensor::s![.., 0..1]);
        Ok(LossValue::new(f64::from(first.mean().into_scalar::<f32>()), queries.zeros_like()))
    }
}

impl LossKind for FirstComponent {
    const KIND: &'static str = "first_component";
}

#[test]
fn a_loss_of_ones_own_is_known_by_its_type_until_it_is_registered() {
    let given = FirstComponent {}.config();
    assert_eq!(given.kind(), "given");
    assert!(serde_json::to_string(&given).unwrap().contains(r#""name":"FirstComponent""#));
    assert!(matches!(given.build().map(|_| ()), Err(Error::GivenLoss { .. })));
    assert_eq!(FirstComponent {}.needs(), Needs::default());
    assert!(LossConfig::named("first_component").is_err());
    register_loss::<FirstComponent>().unwrap();
    let loss = LossConfig::of(FirstComponent {}).build().unwrap();
    let items = Embeddings::from_rows(&[[1.0, 0.0]]).unwrap();
    let items = Items::new(&items, &Device::flex());
    let queries = Tensor::from_data([[0.5, 9.0], [1.5, 9.0]], items.device());
    let judged = [Judgement { item: 0, grade: 1 }];
    let value = loss.evaluate(queries, &LossBatch::new(vec![&judged; 2]), &items).unwrap();
    assert_eq!(value.loss, 1.0);
    assert!(LossConfig::kinds().contains(&"first_component"));
}
