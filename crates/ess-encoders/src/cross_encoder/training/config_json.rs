//! config.json of a sequence classification model with one label.

use serde_json::{Map, Value, json};

use crate::{error::Error, model::folder::ModelFolder};

// What transformers calls the model with a head.
const CLASSES: [(&str, &str); 6] = [
    ("bert", "BertForSequenceClassification"),
    ("roberta", "RobertaForSequenceClassification"),
    ("xlm-roberta", "XLMRobertaForSequenceClassification"),
    ("camembert", "CamembertForSequenceClassification"),
    ("distilbert", "DistilBertForSequenceClassification"),
    ("electra", "ElectraForSequenceClassification"),
];

/// The transformer's config.json with the class and the label of a cross-encoder: transformers counts labels by their names.
///
/// # Errors
/// [`Error::NotTrainable`] for a model whose class with a head is not known.
pub(super) fn with_one_label(transformer: &ModelFolder) -> Result<Vec<u8>, Error> {
    let path = transformer.file("config.json");
    let mut config: Map<String, Value> = transformer.json("config.json")?;
    let kind = config.get("model_type").and_then(Value::as_str).unwrap_or_default();
    let Some((_, class)) = CLASSES.iter().find(|(name, _)| *name == kind) else {
        let expected = "a model_type of which transformers has a sequence classification model";
        return Err(Error::NotTrainable { expected, found: kind.to_owned() });
    };
    config.insert("architectures".to_owned(), json!([class]));
    config.insert("id2label".to_owned(), json!({"0": "LABEL_0"}));
    config.insert("label2id".to_owned(), json!({"LABEL_0": 0}));
    // Scores as they are: for one label sentence-transformers would take the logistic function, which is 1 from some 17 on.
    config.insert(
        "sentence_transformers".to_owned(),
        json!({"activation_fn": "torch.nn.modules.linear.Identity"}),
    );
    config.entry("num_labels").and_modify(|labels| *labels = json!(1));
    serde_json::to_vec_pretty(&config).map_err(|cause| Error::Json { path, cause })
}
