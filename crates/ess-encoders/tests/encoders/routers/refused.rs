//! Routers that say what there is not, or what is not loaded here.

use ess_encoders::{Error, SentenceEncoder, SparseEncoder, TwoTowerEncoder};
use serde_json::{Value, json};

use super::{heads, routers};
use crate::folder::{Folder, tiny};

const FILE: &str = "router_config.json";

fn refused(folder: &Folder) -> Error {
    TwoTowerEncoder::load(folder.root()).map(drop).unwrap_err()
}

#[test]
fn what_is_wrong_in_a_router_is_refused_by_its_file_and_key() {
    type Change = fn(&mut Value);
    let changes: [(Change, &str, &str); 10] = [
        (|router| router["parameters"]["default_route"] = "qurey".into(), "default_route", "qurey"),
        (
            |router| router["parameters"]["route_mappings"] = json!({"('query', None)": "qurey"}),
            "route_mappings",
            "qurey",
        ),
        (
            |router| router["parameters"]["route_mappings"] = json!({"query, text": "query"}),
            "route_mappings",
            "query, text",
        ),
        (
            |router| {
                router["parameters"]["default_route"] = Value::Null;
                router["structure"] = json!({"query": ["query_0_Dense"]});
            },
            "structure",
            "document",
        ),
        (
            |router| {
                router["parameters"]["default_route"] = Value::Null;
                router["structure"] = json!({"document": []});
            },
            "structure",
            "query",
        ),
        (|router| router["structure"]["query"] = json!(["no_such_module"]), "types", "no_such_module"),
        (|router| router["types"]["query_0_Dense"] = "my_package.Dense".into(), "types", "my_package.Dense"),
        (
            |router| router["types"]["query_0_Dense"] = "sentence_transformers.models.Router".into(),
            "types",
            "Router",
        ),
        (
            |router| router["types"]["query_0_Dense"] = "sentence_transformers.models.Asym".into(),
            "types",
            "Asym",
        ),
        (
            |router| router["types"]["query_0_Dense"] = "sentence_transformers.models.CNN".into(),
            "types",
            "CNN",
        ),
    ];
    for (change, key, said) in changes {
        let error = refused(&heads(change));
        assert!(matches!(&error, Error::Config { field, .. } if *field == key), "{key}, {said}: {error}");
        let message = error.to_string();
        assert!(message.contains(FILE) && message.contains(said), "{key}, {said}: {message}");
    }
}

#[test]
fn settings_of_another_form_and_names_that_are_not_known_are_refused() {
    type Change = fn(&mut Value);
    let malformed: [Change; 5] = [
        |router| drop(router.as_object_mut().unwrap().remove("structure")),
        |router| router["structure"]["query"] = "query_0_Dense".into(),
        |router| router["types"] = json!([]),
        |router| router["parameters"]["default_route"] = 3.into(),
        |router| router["parameters"]["route_mappings"] = json!([]),
    ];
    for change in malformed {
        let error = refused(&heads(change));
        assert!(matches!(&error, Error::Json { path, .. } if path.ends_with(FILE)), "{error}");
    }
    let unknown: [(Change, &str); 2] = [
        (|router| router["parameters"]["route_mapping"] = json!({}), "route_mapping"),
        (|router| router["structures"] = json!({}), "structures"),
    ];
    for (change, key) in unknown {
        let error = refused(&heads(change));
        assert!(matches!(&error, Error::Setting { name, .. } if name == key), "{error}");
    }
}

#[test]
fn routes_without_what_makes_a_vector_are_refused() {
    let first = Folder::of(&routers("mapped")).edit(FILE, |router| router["structure"]["short"] = json!([]));
    let error = refused(&first);
    assert!(matches!(&error, Error::Config { field: "structure", .. }), "{error}");
    let unpooled = Folder::of(&routers("mapped"))
        .edit(FILE, |router| router["structure"]["short"] = json!(["short_0_Transformer", "short_2_Dense"]));
    let error = refused(&unpooled);
    assert!(matches!(&error, Error::Config { field: "types", expected, .. } if expected.contains("Pooling")));
    let gone = heads(|_| ());
    std::fs::remove_dir_all(gone.path("2_Router/query_0_Dense")).unwrap();
    let error = refused(&gone);
    assert!(matches!(&error, Error::Io { path, .. } if path.ends_with("query_0_Dense")), "{error}");
    let outside = heads(|router| {
        router["types"]["../1_Pooling"] = "sentence_transformers.models.Dense".into();
        router["structure"]["query"] = json!(["../1_Pooling"]);
    });
    let error = refused(&outside);
    assert!(matches!(&error, Error::Config { field: "path", .. }), "{error}");
    let one_way = heads(|_| ()).edit("modules.json", |modules| drop(modules.as_array_mut().unwrap().pop()));
    let error = refused(&one_way);
    assert!(matches!(&error, Error::Config { field: "type", expected, .. } if expected.contains("Router")));
}

#[test]
fn a_folder_of_another_kind_names_the_encoder_that_loads_it() {
    let said = |error: Error, name: &str| assert!(error.to_string().contains(name), "{error}");
    for folder in [routers("mapped"), routers("heads"), tiny("router")] {
        said(SentenceEncoder::load(folder).map(drop).unwrap_err(), "TwoTowerEncoder");
    }
    said(TwoTowerEncoder::load(routers("terms")).map(drop).unwrap_err(), "SparseEncoder");
    let error = SparseEncoder::load(routers("mapped")).map(drop).unwrap_err();
    assert!(matches!(&error, Error::Setting { name, .. } if name == "model_type"), "{error}");
    // A sparse encoder whose queries have no weights.
    let bare = Folder::of(&routers("terms")).edit(FILE, |router| router["structure"]["table"] = json!([]));
    let error = SparseEncoder::load(bare.root()).map(drop).unwrap_err();
    assert!(matches!(&error, Error::Config { field: "structure", .. }), "{error}");
    let unpooled = Folder::of(&routers("terms"))
        .edit(FILE, |router| router["structure"]["model"] = json!(["model_0_MLMTransformer"]));
    let error = SparseEncoder::load(unpooled.root()).map(drop).unwrap_err();
    assert!(error.to_string().contains(FILE) && error.to_string().contains("SpladePooling"), "{error}");
}
