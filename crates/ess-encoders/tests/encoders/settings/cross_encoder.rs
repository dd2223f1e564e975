//! What a cross-encoder's folder says beside its weights.

use ess_encoders::{CrossEncoder, Error};
use serde_json::{Value, json};

use crate::{folder::Folder, settings::MODEL};

/// A cross-encoder as sentence-transformers 6.2 saves it.
fn saved_cross_encoder() -> Folder {
    Folder::new("cross-encoder")
        .edit("modules.json", |modules| {
            let class = "sentence_transformers.base.modules.transformer.Transformer";
            *modules = json!([{"idx": 0, "name": "0", "path": "", "type": class}]);
        })
        .edit("sentence_bert_config.json", |text| {
            *text = json!({
                "transformer_task": "sequence-classification",
                "modality_config": {"text": {"method": "forward", "method_output_name": "logits"}},
                "module_output_name": "scores"
            });
        })
        .edit(MODEL, |model| {
            *model = json!({
                "__version__": {"sentence_transformers": "6.2.0"},
                "activation_fn": "torch.nn.modules.activation.Sigmoid",
                "default_prompt_name": null,
                "model_type": "CrossEncoder",
                "prompts": {}
            });
        })
}

#[test]
fn what_a_cross_encoder_says_beside_its_weights_is_heeded_or_refused() {
    let (query, item) = ("where is the cat", "the cat sat on the mat and slept all day long");
    let scores = |folder: &Folder| CrossEncoder::load(folder.root()).unwrap().scores(query, &[item]).unwrap();
    let plain = scores(&Folder::new("cross-encoder"));
    assert_eq!(scores(&saved_cross_encoder()), plain);
    // What releases before 4.0 wrote: it is applied to the logit, which is what scores are.
    let old = Folder::new("cross-encoder").edit("config.json", |config| {
        config["sbert_ce_default_activation_function"] = json!("torch.nn.modules.linear.Identity");
    });
    assert_eq!(scores(&old), plain);
    let short =
        saved_cross_encoder().edit("sentence_bert_config.json", |text| text["max_seq_length"] = json!(8));
    assert_ne!(scores(&short), plain);

    let refused = |folder: Folder, name: &str| {
        let error = CrossEncoder::load(folder.root()).map(drop).unwrap_err();
        assert!(matches!(&error, Error::Setting { name: found, .. } if found == name), "{error}");
    };
    let with_prompt = |model: &mut Value| {
        model["prompts"] = json!({"query": "find: "});
        model["default_prompt_name"] = json!("query");
    };
    refused(saved_cross_encoder().edit(MODEL, with_prompt), "default_prompt_name");
    let of_a_bi_encoder = |model: &mut Value| model["model_type"] = json!("SentenceTransformer");
    refused(saved_cross_encoder().edit(MODEL, of_a_bi_encoder), "model_type");
    let other_task = |text: &mut Value| text["transformer_task"] = json!("text-generation");
    refused(saved_cross_encoder().edit("sentence_bert_config.json", other_task), "transformer_task");
}
