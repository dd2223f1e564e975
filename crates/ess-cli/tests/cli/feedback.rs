//! `train --feedback`: modules that read what a first pass of the index found.

use ess_train::RecipeConfig;

use crate::{program::read_json, small_data::SmallData};

#[test]
fn every_kind_that_reads_token_states_is_trained_on_found_items_and_measured_on_them() {
    let data = SmallData::new(4, 4);
    for kind in RecipeConfig::token_kinds() {
        data.train(&["--module", kind, "--feedback", "5"]).succeeded();
        let settings = data.path("module/config.json");
        assert_eq!(read_json(&settings)["feedback"], 5);
        let module = data.text("module");
        data.evaluate(&["--module", &module]).succeeded();
    }
}

#[test]
fn feedback_from_a_settings_file_is_that_of_the_flag() {
    let data = SmallData::new(4, 4);
    data.train(&["--module", "token_attention", "--feedback", "3"]).succeeded();
    let first = read_json(&data.path("module/module.json"));
    let settings = data.text("settings.json");
    std::fs::rename(data.path("module/config.json"), &settings).unwrap();
    data.train(&["--config", &settings]).succeeded();
    assert_eq!(read_json(&data.path("module/module.json")), first);
}

#[test]
fn feedback_that_cannot_be_is_refused() {
    let data = SmallData::new(4, 4);
    data.train(&["--feedback", "3"]).failed_with(&["feedback", "linear", "token_attention"]);
    data.train(&["--module", "token_attention", "--feedback", "0"]).failed_with(&["feedback", "at least 1"]);
    data.train(&["--module", "auto", "--feedback", "3"]).failed_with(&["--feedback", "auto"]);
    data.nothing_was_written();
    let unequal = SmallData::new(8, 4);
    unequal.train(&["--module", "token_attention", "--feedback", "3"]).failed_with(&["4", "8"]);
    unequal.nothing_was_written();
}
