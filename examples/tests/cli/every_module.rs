//! `train --module KIND` for every kind, and the config that a run leaves behind.

use ess_train::RecipeConfig;

use crate::{program::read_json, small_data::SmallData};

const KEEPS_THE_DIMENSION: [&str; 5] =
    ["interpolation", "softmax_ridge", "whitening", "pca", "all_but_the_top"];

#[test]
fn every_kind_is_trained_and_its_config_trains_the_same_module_again() {
    // d_query = 2 · d_item suits the kinds that read layers as well; some need equal dimensions.
    for kind in RecipeConfig::KINDS {
        let equal = KEEPS_THE_DIMENSION.contains(&kind);
        let data = SmallData::new(if equal { 4 } else { 8 }, 4);
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
