//! Configs that are refused, with a typed error.

use burn::tensor::Device;
use ess_search::{Error, ModuleDescription, ModuleState, Registry};
use serde_json::json;

use crate::list::{Kind, every_kind};

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

/// Bytes of address space that this process ever had at once; `None` where the system does not say.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:"))?;
    Some(1024 * line.trim().strip_suffix(" kB")?.parse::<u64>().unwrap())
}

/// Each kind's own tensors, and a config that asks for up to some gigabytes; composites ask for several times as much.
#[test]
fn a_config_that_asks_for_more_than_there_is_takes_no_memory() {
    const DIM: usize = 1 << 14;
    let build = |state: &ModuleState| Registry::default().build(state, &Device::flex()).map(drop);
    let hungry = |kind: &Kind| {
        let mut description = kind.description(DIM, DIM, 0);
        match kind.name {
            "low_rank" => description.config["rank"] = DIM.into(),
            "mlp" => description.config["hidden"] = json!([DIM]),
            "key_value_memory" => description.config["slots"] = DIM.into(),
            "layer_transformer" => {
                description.config["shape"] = json!({"blocks": 8, "width": 2048, "heads": 2, "hidden": 8192});
            }
            _ => {}
        }
        ModuleState { description, ..kind.disturbed(6, 6, 1) }
    };
    let warm = every_kind().iter().map(|kind| build(&kind.disturbed(6, 6, 1))).collect::<Result<Vec<_>, _>>();
    warm.unwrap();
    let before = most_memory();
    for kind in every_kind() {
        let found = build(&hungry(&kind)).unwrap_err();
        let names_or_shapes = matches!(found, Error::TensorShape { .. } | Error::TensorNames { .. });
        assert!(names_or_shapes, "{}: {found}", kind.name);
    }
    let member = hungry(&every_kind()[0]);
    let member = ModuleState { tensors: Default::default(), ..member };
    let parts: Vec<_> =
        (0..64).map(|at| json!({"name": at.to_string(), "module": member.description})).collect();
    let members = vec![&member.description; 64];
    for (kind, config) in [
        ("sequence", json!({"parts": parts})),
        ("ensemble", json!({"averaging": "before_normalization", "members": members})),
    ] {
        let description = ModuleDescription { kind: kind.into(), query_dim: DIM, item_dim: DIM, config };
        let found = build(&ModuleState { description, tensors: Default::default() });
        assert!(matches!(found, Err(Error::TensorNames { .. })), "{kind}: {found:?}");
    }
    if let (Some(before), Some(after)) = (before, most_memory()) {
        assert!(after < before + (1 << 29), "{} bytes more", after - before);
    }
}
