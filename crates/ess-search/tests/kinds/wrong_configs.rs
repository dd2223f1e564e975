//! Configs that are refused, with a typed error.

use ess_search::Error;
use serde_json::json;

use crate::list::every_kind;

#[test]
fn unknown_fields_are_refused() {
    for kind in every_kind() {
        let found = kind.init_with(&json!({"temprature": 1.0}));
        assert!(matches!(found, Error::ConfigSyntax { .. }), "{}: {found}", kind.name);
    }
}

#[test]
fn values_outside_their_range_are_refused() {
    for kind in every_kind() {
        for settings in &kind.impossible {
            let found = kind.init_with(settings);
            assert!(matches!(found, Error::Config { .. }), "{} {settings}: {found}", kind.name);
        }
    }
}

#[test]
fn impossible_dimensions_are_refused() {
    for kind in every_kind().iter().filter(|kind| kind.description(2, 2, 0).config["parts"].is_null()) {
        for (name, dim) in
            [("query_dim", 0_u64), ("item_dim", 0), ("query_dim", 1 << 40), ("item_dim", 1 << 40)]
        {
            let found = kind.init_with(&json!({ name: dim }));
            assert!(matches!(found, Error::Config { .. }), "{} {name} {dim}: {found}", kind.name);
        }
        let found = kind.init_with(&json!({"query_dim": "many"}));
        assert!(matches!(found, Error::ConfigSyntax { .. }), "{}: {found}", kind.name);
    }
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let part = |name: &str, kind: &str, query_dim: usize, item_dim: usize| {
        let config = json!({"query_dim": query_dim, "item_dim": item_dim});
        json!({"name": name, "module": {
            "kind": kind, "query_dim": query_dim, "item_dim": item_dim, "config": config
        }})
    };
    for kind in every_kind().iter().filter(|kind| !kind.description(2, 2, 0).config["parts"].is_null()) {
        let found = |parts| kind.init_with(&json!({ "parts": parts }));
        let twice = found(json!([part("a", "linear", 6, 6), part("a", "linear", 6, 6)]));
        assert!(matches!(twice, Error::Config { name: "name of a part", .. }), "{twice}");
        let nameless = found(json!([part("", "linear", 6, 6)]));
        assert!(matches!(nameless, Error::Config { name: "name of a part", .. }), "{nameless}");
        let apart = found(json!([part("a", "linear", 6, 5), part("b", "linear", 6, 6)]));
        assert!(matches!(apart, Error::Core(ess_core::Error::DimensionMismatch { .. })), "{apart}");
        let unknown = found(json!([part("a", "telepathy", 6, 6)]));
        assert!(matches!(unknown, Error::UnknownKind { .. }), "{unknown}");
        let fixed = found(json!([part("a", "identity", 6, 6)]));
        assert!(matches!(fixed, Error::NotTrainable { .. }), "{fixed}");
    }
}
