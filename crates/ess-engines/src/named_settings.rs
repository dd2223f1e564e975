//! What settings say of an engine: where items are kept, and how it is talked to.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{error::Error, settings::EngineSettings};

/// The member with an [`EngineSettings`].
const REQUESTS: &str = "requests";
/// The one member of an object that stands for a variable of the environment.
const ENV: &str = "env";

/// Reads a config of type `C`, and how the engine is talked to.
pub(crate) fn read<C: DeserializeOwned>(
    engine: &'static str,
    settings: Value,
) -> Result<(C, EngineSettings), Error> {
    let Value::Object(mut members) = settings else {
        return Err(Error::Config {
            name: "settings of an engine",
            expected: "a JSON object",
            found: "another kind of value".to_owned(),
        });
    };
    let malformed = |source| Error::Settings { engine, source };
    let requests = members.remove(REQUESTS).map(serde_json::from_value::<EngineSettings>).transpose();
    let requests = requests.map_err(malformed)?.unwrap_or_default();
    requests.check()?;
    let mut variables = Vec::new();
    for value in members.values_mut() {
        if let Some(variable) = variable(value).map(str::to_owned) {
            *value = from_environment(&variable)?;
            variables.push(variable);
        }
    }
    let config =
        serde_json::from_value(Value::Object(members)).map_err(|source| match variables.is_empty() {
            true => malformed(source),
            // The library repeats values, and those of variables may be secrets.
            false => Error::Config {
                name: "settings of an engine",
                expected: "the fields of its config, with values that fit",
                found: format!("others, beside values of the variables {}", variables.join(", ")),
            },
        })?;
    Ok((config, requests))
}

/// The variable that an object `{"env": "NAME"}` stands for.
fn variable(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get(ENV)?.as_str()
}

fn from_environment(variable: &str) -> Result<Value, Error> {
    std::env::var(variable).map(Value::String).map_err(|_| Error::Config {
        name: ENV,
        expected: "a variable of the environment that is set, in UTF-8",
        found: variable.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        key: String,
        dim: usize,
    }

    #[test]
    fn secrets_come_from_the_environment_and_requests_from_a_member_of_their_own() {
        let settings = json!({ "key": { "env": "PATH" }, "dim": 3, "requests": { "batch": 7 } });
        let (config, requests) = read::<Config>("x", settings).unwrap();
        assert_eq!((config.key, config.dim), (std::env::var("PATH").unwrap(), 3));
        assert_eq!(requests, EngineSettings { batch: 7, ..EngineSettings::default() });
        let (config, requests) = read::<Config>("x", json!({ "key": "plain", "dim": 3 })).unwrap();
        assert_eq!((config.key.as_str(), requests), ("plain", EngineSettings::default()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let said = |settings: Value| read::<Config>("x", settings).map(drop).unwrap_err().to_string();
        let unset = said(json!({ "key": { "env": "ESS_NOBODY_SETS_THIS=" }, "dim": 1 }));
        assert!(unset.contains("ESS_NOBODY_SETS_THIS"), "{unset}");
        assert!(said(json!([])).contains("a JSON object"));
        assert!(said(json!({ "requests": { "batch": 0 } })).contains("batch"));
        let path = std::env::var("PATH").unwrap();
        let misplaced = said(json!({ "key": "a", "dim": { "env": "PATH" } }));
        assert!(misplaced.contains("PATH") && !misplaced.contains(&path), "{misplaced}");
        for wrong in [
            json!({ "requests": { "batches": 1 } }),
            json!({ "key": "a", "dim": 1, "more": 1 }),
            json!({ "key": { "env": "PATH", "more": 1 }, "dim": 1 }),
            json!({ "key": "a" }),
        ] {
            assert!(matches!(read::<Config>("x", wrong), Err(Error::Settings { engine: "x", .. })));
        }
    }
}
