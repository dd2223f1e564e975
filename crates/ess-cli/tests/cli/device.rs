//! `--device`: what is read, and what is said where there is no such device.

use crate::small_data::SmallData;

#[test]
fn names_that_no_device_has() {
    let data = SmallData::new(4, 4);
    for wrong in ["gpu", "wgpu:", "wgpu:first", "cuda:0"] {
        data.train(&["--device", wrong]).failed_with(&["--device", wrong, "cpu, wgpu, wgpu:N or auto"]);
        data.nothing_was_written();
    }
    data.evaluate(&["--device", "gpu"]).failed_with(&["--device", "gpu"]);
}

#[test]
fn a_device_is_chosen_where_no_gpu_is() {
    let data = SmallData::new(4, 4);
    let said = data.train(&["--device", "auto", "--max-steps", "1"]).succeeded();
    // A driver may have said something before.
    assert!(said.stderr.lines().any(|line| line.starts_with("device: ")), "{}", said.stderr);
}

#[cfg(not(feature = "wgpu"))]
#[test]
fn a_gpu_in_a_program_built_without() {
    let data = SmallData::new(4, 4);
    data.train(&["--device", "wgpu"]).failed_with(&["wgpu", "feature", "is off", "--device cpu"]);
    data.nothing_was_written();
}

#[cfg(feature = "wgpu")]
mod with_wgpu {
    use std::path::Path;

    use crate::{
        program::{read_json, run_with},
        small_data::SmallData,
    };

    #[test]
    #[ignore = "needs a GPU, or Mesa's software driver"]
    fn a_module_trained_on_a_gpu_is_evaluated_on_either() {
        let data = SmallData::new(4, 4);
        let said = data.train(&["--device", "wgpu", "--seed", "3"]).succeeded();
        assert!(said.stderr.starts_with("device: wgpu:"), "{}", said.stderr);
        let measures: Vec<_> = ["cpu", "wgpu:0"]
            .into_iter()
            .map(|device| {
                let (module, json) = (data.text("module"), data.text(&format!("{}.json", device.len())));
                data.evaluate(&["--module", &module, "--device", device, "--json", &json]).succeeded();
                read_json(Path::new(&json))
            })
            .collect();
        assert_eq!(measures[0], measures[1]);
    }

    #[test]
    #[ignore = "needs a GPU, or Mesa's software driver"]
    fn auto_trains_its_heads_on_a_gpu() {
        let data = SmallData::new(4, 4);
        let config = data.text("heads.json");
        let text =
            r#"{"heads": [{"name": "linear", "module": {"kind": "linear"}, "trainer": {"max_steps": 3}}]}"#;
        std::fs::write(&config, text).unwrap();
        let said = data.train(&["--module", "auto", "--config", &config, "--device", "wgpu"]).succeeded();
        assert!(said.stderr.starts_with("device: wgpu:"), "{}", said.stderr);
        let report = read_json(&data.path("module/training.json"));
        assert!(
            report["trials"].as_array().unwrap().iter().any(|trial| trial["name"] == "linear"),
            "{report}"
        );
    }

    #[test]
    #[ignore = "needs a GPU, or Mesa's software driver"]
    fn a_number_that_no_device_has_is_answered_with_the_list() {
        let data = SmallData::new(4, 4);
        data.train(&["--device", "wgpu:99"]).failed_with(&["wgpu:99", "expected one of [wgpu:0 ("]);
        data.nothing_was_written();
    }

    #[test]
    #[ignore = "needs a GPU, or Mesa's software driver"]
    fn without_a_driver_the_way_out_is_named() {
        let data = SmallData::new(4, 4);
        // Neither a Vulkan driver, nor an OpenGL one to fall back to.
        let none = [
            ("VK_ICD_FILENAMES", "/dev/null"),
            ("VK_DRIVER_FILES", "/dev/null"),
            ("__EGL_VENDOR_LIBRARY_FILENAMES", "/dev/null"),
            ("LIBGL_DRIVERS_PATH", "/dev/null"),
            ("EGL_PLATFORM", "none"),
        ];
        let arguments = [
            "--embeddings",
            &data.text(""),
            "--train",
            &data.text("qrels.tsv"),
            "--out",
            &data.text("module"),
        ];
        let with = |device| {
            run_with(
                "train",
                arguments.iter().copied().chain(["--quiet", "--max-steps", "1", "--device", device]),
                &none,
            )
        };
        with("wgpu").failed_with(&["no such device", "mesa-vulkan-drivers", "--device cpu"]);
        data.nothing_was_written();
        let said = with("auto").succeeded();
        assert!(said.stderr.contains("device: cpu"), "{}", said.stderr);
    }
}
