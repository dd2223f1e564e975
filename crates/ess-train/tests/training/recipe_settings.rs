//! Recipes as data: what is read, what is written, and what is refused.

use ess_search::{TokenAttention, TokenAttentionConfig};
use ess_train::{EnsembleSettings, Error, RecipeConfig, SoupSettings};

#[test]
fn every_kind_is_known_by_its_name_and_survives_json() {
    for kind in RecipeConfig::kinds().into_iter().chain(RecipeConfig::token_kinds()) {
        let config = RecipeConfig::named(kind).unwrap();
        assert_eq!(config.kind(), kind);
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<RecipeConfig>(&json).unwrap(), config, "{json}");
    }
    let Err(Error::UnknownRecipe { found, known }) = RecipeConfig::named("linaer") else {
        panic!("linaer is no kind")
    };
    assert!(found == "linaer" && known.contains("linear"));
}

#[test]
fn settings_are_written_in_their_order_after_the_kind() {
    let soup = RecipeConfig::named("soup").unwrap();
    let json = serde_json::to_string(&soup).unwrap();
    assert_eq!(json, r#"{"kind":"soup","of":{"kind":"linear","bias":true},"runs":4,"bagged":true}"#);
    assert_eq!(soup.settings::<SoupSettings>().unwrap().runs, 4);
    assert!(soup.settings::<EnsembleSettings>().is_none());
}

#[test]
fn every_kind_can_be_built_and_refuses_unknown_settings() {
    for kind in RecipeConfig::kinds() {
        let config = RecipeConfig::named(kind).unwrap();
        assert!(config.build(6, 6, 0).is_ok() && !config.reads_token_states(), "{kind}");
        let odd = format!(r#"{{"kind": "{kind}", "temprature": 1.0}}"#);
        assert!(serde_json::from_str::<RecipeConfig>(&odd).is_err(), "{odd}");
    }
}

#[test]
fn kinds_are_built_for_the_encoding_that_they_read() {
    let tokens = |json: &str| {
        serde_json::from_str::<RecipeConfig>(json).unwrap().build_for_tokens(5, 6, 0).map(|_| ())
    };
    for kind in RecipeConfig::token_kinds() {
        let config = RecipeConfig::named(kind).unwrap();
        assert!(config.build_for_tokens(5, 6, 0).is_ok() && config.reads_token_states());
        assert!(matches!(config.build(6, 6, 0).err(), Some(Error::AnotherEncoding { .. })), "{kind}");
        for around in [
            format!(r#"{{"kind": "soup", "of": {{"kind": "{kind}"}}}}"#),
            format!(r#"{{"kind": "interpolation", "of": {{"kind": "{kind}"}}}}"#),
            format!(r#"{{"kind": "ensemble", "members": [{{"kind": "{kind}"}}]}}"#),
        ] {
            let averages = !around.contains("soup") && config.has_scoring();
            assert!(tokens(&around).is_ok() != averages, "{around}");
            assert!(serde_json::from_str::<RecipeConfig>(&around).unwrap().reads_token_states());
        }
    }
    assert!(matches!(tokens(r#"{"kind": "linear"}"#), Err(Error::AnotherEncoding { kind: "linear", .. })));
    let other = tokens(r#"{"kind": "token_attention", "query_dim": 4}"#);
    assert!(matches!(other, Err(Error::Core(ess_core::Error::DimensionMismatch { expected: 4, .. }))));
}

#[test]
fn a_module_over_token_states_is_the_same_from_code_as_from_settings() {
    let settings = TokenAttentionConfig { heads: 2, ..TokenAttentionConfig::default() };
    let config = RecipeConfig::token_module::<TokenAttention>(settings);
    let read: RecipeConfig = serde_json::from_str(r#"{"kind": "token_attention", "heads": 2}"#).unwrap();
    assert_eq!((config.kind(), &config), ("token_attention", &read));
    assert_ne!(config, RecipeConfig::named("token_attention").unwrap());
    assert!(config.reads_token_states() && config.build_for_tokens(5, 6, 0).is_ok());
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    let build = |json: &str| serde_json::from_str::<RecipeConfig>(json).unwrap().build(6, 6, 0).map(|_| ());
    let impossible = build(r#"{"kind": "mlp", "hidden": [0]}"#);
    assert!(matches!(impossible, Err(Error::Search(ess_search::Error::Config { name: "hidden", .. }))));
    let other = build(r#"{"kind": "linear", "query_dim": 5}"#);
    assert!(matches!(
        other,
        Err(Error::Core(ess_core::Error::DimensionMismatch { expected: 5, found: 6, .. }))
    ));
    let not_one = build(r#"{"kind": "sequence", "parts": [{"name": "a", "module": {"kind": "ensemble"}}]}"#);
    assert!(matches!(not_one, Err(Error::NotOneModule { kind: "ensemble" })));
    let absent = build(r#"{"kind": "sequence", "parts": [{"name": "a", "from": "no/such/module"}]}"#);
    assert!(matches!(absent, Err(Error::Search(ess_search::Error::Io { .. }))));
    let neither = build(r#"{"kind": "sequence", "parts": [{"name": "a"}]}"#);
    assert!(matches!(neither, Err(Error::Config { name: "parts", .. })));
    let outside = build(r#"{"kind": "interpolation", "weight": 1.5}"#);
    assert!(matches!(outside, Err(Error::Config { .. })));
    let endless = build(r#"{"kind": "soup", "runs": 0}"#);
    assert!(matches!(endless, Err(Error::Config { .. })));
    let nested = build(r#"{"kind": "ensemble", "members": [{"kind": "linear", "item_dim": 7}]}"#);
    assert!(matches!(nested, Err(Error::Core(ess_core::Error::DimensionMismatch { .. }))));
}

/// As earlier versions wrote them, character by character.
#[test]
fn settings_of_earlier_versions_are_read_and_written_alike() {
    for json in [
        r#"{"kind":"linear","bias":true}"#,
        r#"{"kind":"soup","of":{"kind":"linear","bias":true},"runs":4,"bagged":true}"#,
        r#"{"kind":"ridge","regularisation":[100.0,0.3],"shares":[0.25,1.0]}"#,
        r#"{"kind":"training_memory","slots":16384,"sharpness":20.0,"threshold":0.5}"#,
    ] {
        let config: RecipeConfig = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&config).unwrap(), json);
    }
}
