//! The chosen settings of a row in words.

use ess_relations::{ModelConfig, RelationTraining};
use serde_json::{Map, Value};

use crate::experiment::figures::short;

/// N3, the rate, the size, and what else is neither usual nor said of all rows.
pub(super) fn words(chosen: &RelationTraining, common: &RelationTraining) -> String {
    let [n3, rate] = [chosen.n3, chosen.learning_rate].map(|value| short(value.to_string()));
    let partitions = match chosen.model.partitions {
        1 => String::new(),
        count => format!(" in {count} partitions"),
    };
    let size = format!("N3 {n3}, rate {rate}, {} components{partitions}", chosen.model.dim);
    std::iter::once(size).chain(others(chosen, common)).collect::<Vec<_>>().join(", ")
}

/// What is neither usual nor said of all rows, each setting by its name.
pub(super) fn others(chosen: &RelationTraining, common: &RelationTraining) -> Vec<String> {
    let ModelConfig { name, dim, partitions, .. } = chosen.model.clone();
    let RelationTraining { epochs, batch_size, check_every, patience, .. } = *common;
    let said = RelationTraining {
        model: ModelConfig { name, dim, partitions, ..ModelConfig::default() },
        seed: chosen.seed,
        epochs,
        batch_size,
        learning_rate: chosen.learning_rate,
        n3: chosen.n3,
        check_every,
        patience,
        ..RelationTraining::default()
    };
    let mut others = Vec::new();
    differences(&as_object(chosen), &as_object(&said), &mut others);
    others.sort();
    others
}

/// Through text, in which a number of 32 bits has no digits that it was not given with.
fn as_object(training: &RelationTraining) -> Map<String, Value> {
    let text = serde_json::to_string(training).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn differences(all: &Map<String, Value>, said: &Map<String, Value>, found: &mut Vec<String>) {
    let none = Map::new();
    for (key, value) in all.iter().filter(|(key, value)| said.get(*key) != Some(*value)) {
        match value {
            Value::Object(inner) => {
                let said = said.get(key).and_then(Value::as_object).unwrap_or(&none);
                differences(inner, said, found);
            }
            Value::Bool(true) => found.push(key.clone()),
            Value::String(text) => found.push(format!("{key} {text}")),
            value => found.push(format!("{key} {}", short(value.to_string()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_is_neither_usual_nor_said_of_all() {
        let common = RelationTraining { epochs: 30, batch_size: 64, ..RelationTraining::default() };
        assert_eq!(words(&common, &common), "N3 0, rate .003, 200 components");
        let text = r#"{
            "model": {"name": "meim", "dim": 300, "partitions": 3, "orthogonality": 0.1},
            "seed": 4, "epochs": 1000, "batch_size": 64, "counting": "queries", "batch_norm": true, "head_dropout": 0.71
        }"#;
        let chosen: RelationTraining = serde_json::from_str(text).unwrap();
        assert_eq!(
            words(&chosen, &common),
            "N3 0, rate .003, 300 components in 3 partitions, batch_norm, counting queries, epochs 1000, head_dropout .71, orthogonality .1"
        );
    }
}
