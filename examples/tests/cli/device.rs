//! `--device`: what is read, and what is said where there is no such device.

use crate::{program::run, small_data::SmallData};

#[test]
fn names_that_no_device_has() {
    let data = SmallData::new(4, 4);
    for wrong in ["gpu", "wgpu:", "wgpu:first", "cuda:0"] {
        data.train(&["--device", wrong]).failed_with(&["--device", wrong, "cpu, wgpu, wgpu:N or auto"]);
        data.nothing_was_written();
    }
    run("quickstart", ["--device", "gpu"]).failed_with(&["--device", "gpu"]);
    run("custom_module", ["--device", "gpu"]).failed_with(&["--device", "gpu"]);
    data.evaluate(&["--device", "gpu"]).failed_with(&["--device", "gpu"]);
}

#[test]
fn a_device_is_chosen_where_no_gpu_is() {
    let data = SmallData::new(4, 4);
    let said = data.train(&["--device", "auto", "--max-steps", "1"]).succeeded();
    assert!(said.stderr.starts_with("device: "), "{}", said.stderr);
}

#[cfg(not(feature = "wgpu"))]
#[test]
fn a_gpu_in_a_program_built_without() {
    let data = SmallData::new(4, 4);
    data.train(&["--device", "wgpu"]).failed_with(&["without GPUs", "--features wgpu", "--device cpu"]);
    data.nothing_was_written();
}
