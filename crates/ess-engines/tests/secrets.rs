//! No password, token or user of an address is shown, written or said.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{error::Error as _, fmt::Debug};

use ess_engines::{
    EngineSettings, Error, Milvus, MilvusConfig, PgVector, PgVectorConfig, Qdrant, QdrantConfig, engines,
    open_engine,
};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

const SECRET: &str = "hunter2";

fn settings() -> EngineSettings {
    EngineSettings { retries: 0, timeout: 1.0, pause: 0.0, ..EngineSettings::default() }
}

fn keeps_its_secret(text: &str) {
    assert!(!text.contains(SECRET) && !text.contains("quasimodo"), "{text}");
}

/// What a config shows, writes and reads back.
fn is_silent<C: Debug + Serialize + DeserializeOwned>(config: &C) -> C {
    keeps_its_secret(&format!("{config:?} {config:#?}"));
    let written = serde_json::to_string(config).unwrap();
    keeps_its_secret(&written);
    serde_json::from_str(&written).unwrap()
}

/// What an error says, with all that caused it.
fn is_silent_about<T>(result: Result<T, Error>) -> Error {
    let error = result.map(drop).unwrap_err();
    keeps_its_secret(&format!("{error} {error:?} {error:#?}"));
    let mut cause = error.source();
    while let Some(error) = cause {
        keeps_its_secret(&error.to_string());
        cause = error.source();
    }
    error
}

#[test]
fn of_postgresql() {
    for connection in [
        "host=127.0.0.1 port=1 user=x password=hunter2",
        "host=127.0.0.1 port=1 user=x password='hunter2 hunter2'",
        "host=127.0.0.1 port=1 user=x password=my hunter2=hunter2",
        "password='hunter2",
        "postgresql://quasimodo:hunter2@127.0.0.1:1/db",
        "postgresql://quasimodo:hunter2@hunter2@127.0.0.1:1/db",
        "postgresql://127.0.0.1:1/db?user=quasimodo&password=hunter2",
        "postgresql://quasimodo:hunter2@127.0.0.1:1/db?sslmode=require",
        "postgresql://quasimodo:hunter2@[::1/db",
        "hunter2",
    ] {
        let config = PgVectorConfig::new(connection, "papers".parse().unwrap(), 2);
        is_silent(&config);
        is_silent_about(PgVector::open(config, &settings()));
    }
    let config = PgVectorConfig::new("host=a password=hunter2 user=b", "papers".parse().unwrap(), 2);
    assert_eq!(is_silent(&config).connection, "host=a user=b");
    let json = r#"{"connection": "host=a password=hunter2", "table": "papers", "dim": 2}"#;
    assert_eq!(serde_json::from_str::<PgVectorConfig>(json).unwrap().connection, "host=a password=hunter2");
}

/// A connection string as a config writes it.
fn written(connection: &str) -> String {
    is_silent(&PgVectorConfig::new(connection, "papers".parse().unwrap(), 2)).connection
}

#[test]
fn a_connection_keeps_its_place() {
    for (connection, kept) in [
        ("host=a  user=b", "host=a  user=b"),
        ("host=a password=secret user=b", "host=a user=b"),
        ("password = 'sec ret\\'s' host='a b' options=''", "host='a b' options=''"),
        ("host=a password=sec\\ ret port=1", "host=a port=1"),
        (
            "postgresql://ann:secret@h1:1,h2/db?user=ann&password=secret&connect_timeout=3",
            "postgresql://h1:1,h2/db?connect_timeout=3",
        ),
        ("postgres://ann:sec@ret@host/db", "postgres://host/db"),
        ("postgres://host/db?passw%6Frd=secret", "postgres://host/db"),
        ("password='secret", "[hidden]"),
        ("my secret", "[hidden]"),
    ] {
        assert_eq!(written(connection), kept);
    }
}

proptest! {
    #[test]
    fn what_is_kept_of_a_connection_connects_to_the_same_place(
        host in "[a-z' \\\\]{1,9}", user in "[a-z'\\\\ =@]{1,9}", password in "[A-Z'\\\\ =@]{1,9}",
    ) {
        let quoted = |value: &str| format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"));
        let connection = format!("host={} password={} user={}", quoted(&host), quoted(&password), quoted(&user));
        let [before, after]: [tokio_postgres::Config; 2] =
            [connection.parse().unwrap(), written(&connection).parse().unwrap()];
        prop_assert_eq!(before.get_password(), Some(password.as_bytes()));
        prop_assert_eq!(after.get_password(), None);
        prop_assert_eq!(before.get_hosts(), after.get_hosts());
        prop_assert_eq!(before.get_user(), after.get_user());
    }

    #[test]
    fn no_connection_is_too_strange(connection in ".{0,60}") {
        written(&connection);
    }
}

#[test]
fn of_milvus() {
    let config = |uri: &str, token: &str| MilvusConfig {
        token: Some(token.to_owned()),
        ..MilvusConfig::new(uri, "papers".parse().unwrap(), 2)
    };
    let open = |config: MilvusConfig| {
        is_silent(&config);
        is_silent_about(Milvus::open(config, &settings()))
    };
    open(config("http://127.0.0.1:1", "quasimodo:hunter2"));
    for uri in [
        "http://quasimodo:hunter2@127.0.0.1:1",
        "quasimodo:hunter2@127.0.0.1:1",
        "http://127.0.0.1:1?token=hunter2",
    ] {
        assert!(matches!(open(config(uri, "x")), Error::Config { name: "uri", .. }));
    }
    for token in ["hunter2\n", "hunter2 hunter2", "", "hunter2ü"] {
        assert!(matches!(open(config("http://127.0.0.1:1", token)), Error::Config { name: "token", .. }));
    }
    let read = is_silent(&config("http://127.0.0.1:1", "quasimodo:hunter2"));
    assert_eq!((read.uri.as_str(), read.token), ("http://127.0.0.1:1", None));
    let json = r#"{"uri": "http://a", "token": "hunter2", "collection": "papers", "dim": 2}"#;
    assert_eq!(serde_json::from_str::<MilvusConfig>(json).unwrap().token.unwrap(), "hunter2");
}

#[test]
fn of_qdrant() {
    let config = |url: &str, key: &str| QdrantConfig {
        api_key: Some(key.to_owned()),
        ..QdrantConfig::new(url, "papers".parse().unwrap(), 2)
    };
    let open = |config: QdrantConfig| {
        is_silent(&config);
        is_silent_about(Qdrant::open(config, &settings()))
    };
    open(config("http://127.0.0.1:1", "hunter2"));
    for url in [
        "http://quasimodo:hunter2@127.0.0.1:1",
        "http://127.0.0.1:1?key=hunter2",
        "http://127.0.0.1:1#hunter2",
    ] {
        assert!(matches!(open(config(url, "x")), Error::Config { name: "url", .. }));
    }
    assert!(matches!(open(config("http://127.0.0.1:1", "hunter2\n")), Error::Config { name: "api_key", .. }));
    let read = is_silent(&config("http://127.0.0.1:1", "hunter2"));
    assert_eq!((read.url.as_str(), read.api_key), ("http://127.0.0.1:1", None));
    let json = r#"{"url": "http://a", "api_key": "hunter2", "collection": "papers", "dim": 2}"#;
    assert_eq!(serde_json::from_str::<QdrantConfig>(json).unwrap().api_key.unwrap(), "hunter2");
}

#[test]
fn of_files_with_mistakes() {
    // A number, a list or a table where a text should be is not repeated in the error.
    for value in ["2222222", "[\"hunter2\"]", "{\"hunter2\": 1}", "true"] {
        for error in [
            serde_json::from_str::<PgVectorConfig>(&format!(
                r#"{{"connection": {value}, "table": "a", "dim": 2}}"#
            ))
            .unwrap_err(),
            serde_json::from_str::<MilvusConfig>(&format!(
                r#"{{"uri": "http://a", "token": {value}, "collection": "a", "dim": 2}}"#
            ))
            .unwrap_err(),
            serde_json::from_str::<QdrantConfig>(&format!(
                r#"{{"url": "http://a", "api_key": {value}, "collection": "a", "dim": 2}}"#
            ))
            .unwrap_err(),
        ] {
            keeps_its_secret(&error.to_string());
            assert!(!error.to_string().contains("2222222"), "{error}");
        }
    }
}

#[test]
fn of_engines_that_are_called_by_name() {
    assert_eq!(engines(), ["milvus", "pgvector", "qdrant"]);
    let requests = serde_json::to_value(settings()).unwrap();
    let postgres = |connection: serde_json::Value| serde_json::json!({ "connection": connection, "table": "papers", "dim": 2, "requests": requests });
    let secret = "host=127.0.0.1 port=1 user=quasimodo password=hunter2";
    for (name, given) in [
        ("pgvector", postgres(secret.into())),
        ("pgvector", postgres(serde_json::json!([SECRET]))),
        ("pgvector", postgres(serde_json::json!({ "env": "ESS_NOBODY_SETS_THIS" }))),
        (
            "milvus",
            serde_json::json!({ "uri": "http://127.0.0.1:1", "token": [SECRET], "collection": "papers", "dim": 2 }),
        ),
        (
            "qdrant",
            serde_json::json!({ "url": "http://x", "api_key": [SECRET], "collection": "papers", "dim": 2 }),
        ),
    ] {
        is_silent_about(open_engine(name, given));
    }
}
