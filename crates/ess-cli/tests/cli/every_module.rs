//! `train --module KIND` for every kind, and the config that a run leaves behind.

use ess_train::RecipeConfig;

use crate::{program::read_json, small_data::SmallData};

const KEEPS_THE_DIMENSION: [&str; 5] =
    ["interpolation", "softmax_ridge", "whitening", "pca", "all_but_the_top"];

#[test]
fn every_kind_is_trained_and_its_config_trains_the_same_module_again() {
    // d_query = 2 · d_item suits the kinds that read layers as well; some need equal dimensions.
    for kind in RecipeConfig::kinds().into_iter().chain(RecipeConfig::token_kinds()) {
        let over_tokens = RecipeConfig::token_kinds().contains(&kind);
        let equal = over_tokens || KEEPS_THE_DIMENSION.contains(&kind);
        let data = SmallData::new(if equal { 4 } else { 8 }, 4);
        let data = if over_tokens { data.with_token_states(3) } else { data };
        data.train(&["--module", kind, "--seed", "3"]).succeeded();
        let first = read_json(&data.path("module/module.json"));
        let config = data.text("settings.json");
        std::fs::rename(data.path("module/config.json"), &config).unwrap();
        assert_eq!(read_json(config.as_ref())["module"]["kind"], kind);
        std::fs::remove_dir_all(data.path("module")).unwrap();
        // The file names the weights by their checksum.
        data.train(&["--config", &config]).succeeded();
        assert_eq!(read_json(&data.path("module/module.json")), first, "{kind}");
        assert_eq!(read_json(&data.path("module/config.json")), read_json(config.as_ref()));
        data.evaluate(&["--module", &data.text("module")]).succeeded();
    }
}

#[test]
fn kinds_that_read_token_states_say_what_they_need() {
    let plain = SmallData::new(4, 4);
    plain.train(&["--module", "token_attention"]).failed_with(&["no token states", "encode --states"]);
    plain.nothing_was_written();
    let data = SmallData::new(4, 4).with_token_states(3);
    data.train(&["--module", "token_attention", "--side", "item"]).failed_with(&["token_attention", "items"]);
    data.nothing_was_written();
    let mixed =
        r#"{"module": {"kind": "ensemble", "members": [{"kind": "token_attention"}, {"kind": "linear"}]}}"#;
    std::fs::write(data.path("mixed.json"), mixed).unwrap();
    data.train(&["--config", &data.text("mixed.json")]).failed_with(&[
        "linear",
        "embeddings",
        "token states",
    ]);

    let other = SmallData::new(8, 4).with_token_states(3);
    other.train(&["--module", "token_transformer"]).failed_with(&["sentence embeddings", "4", "8"]);

    data.train(&["--module", "token_attention", "--max-steps", "40"]).succeeded();
    let module = data.text("module");
    plain.evaluate(&["--module", &module]).failed_with(&["no token states"]);
    let wider = SmallData::new(4, 4).with_token_states(5);
    wider.evaluate(&["--module", &module]).failed_with(&[&module, "3", "5"]);
}
