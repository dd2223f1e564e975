//! `export` and `import-dense`: out of ESS and back.

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::{Mlp, MlpConfig, ModuleState, OnDevice, PersistentModule, Registry, TrainableModule};

use crate::program::{read_json, run};

fn mapped(module: &std::path::Path, queries: &Embeddings) -> Vec<f32> {
    let module = Registry::default().load(module, &Device::flex()).unwrap();
    ess_core::SearchModule::apply(&module, queries).unwrap().as_slice().to_vec()
}

#[test]
fn modules_go_out_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = |name: &str| path(name).to_str().unwrap().to_owned();
    let matrix = ess_core::MatrixModule::new(ndarray::array![[0.5, -1.0, 2.0], [0.0, 0.25, 1.5]]).unwrap();
    matrix.to_state().unwrap().save(&path("matrix")).unwrap();
    let json = text("report.json");
    let out = [
        "--module",
        &text("matrix"),
        "--dense",
        &text("dense"),
        "--npy",
        &text("matrix.npy"),
        "--json",
        &json,
    ];
    run("export", out).succeeded();
    let report = read_json(&path("report.json"));
    assert_eq!(
        (&report["query_dim"], &report["item_dim"], &report["layers"][0]["bias"]),
        (&2.into(), &3.into(), &false.into())
    );

    let queries = Embeddings::from_rows(&[[1.0, -2.0], [0.5, 0.1]]).unwrap();
    for (form, from) in [("--dense", "dense"), ("--npy", "matrix.npy")] {
        let said =
            run("import-dense", [form, &text(from), "--out", &text("back"), "--json", &json]).succeeded();
        assert!(said.stdout.contains("matrix"), "{}", said.stdout);
        assert_eq!(read_json(&path("report.json"))["parameters"], 6);
        assert_eq!(mapped(&path("back"), &queries), mapped(&path("matrix"), &queries));
    }
}

#[test]
fn an_mlp_goes_out_as_layers_and_never_as_a_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let text = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let config = MlpConfig { hidden: vec![3], ..MlpConfig::new(2, 2) };
    let mlp = OnDevice::new(Mlp::init(&config, &Device::flex()).unwrap(), &Device::flex());
    mlp.to_state().unwrap().save(&folder.path().join("mlp")).unwrap();
    run("export", ["--module", &text("mlp"), "--npy", &text("mlp.npy")]).failed_with(&["mlp", "no matrix"]);
    let said = run("export", ["--module", &text("mlp"), "--dense", &text("dense")]).succeeded();
    assert!(said.stdout.contains("2 Dense"), "{}", said.stdout);
    run("import-dense", ["--dense", &text("dense"), "--out", &text("back")]).succeeded();
    assert_eq!(
        ModuleState::load(&folder.path().join("back")).unwrap().tensors,
        mlp.to_state().unwrap().tensors
    );
}

#[test]
fn what_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    run("import-dense", ["--dense", &text("none"), "--out", &text("out")])
        .failed_with(&["none", "config.json"]);
    run("import-dense", ["--npy", &text("none.npy"), "--out", &text("out")]).failed_with(&["none.npy"]);
    run("import-dense", ["--out", &text("out")]).failed_with(&["--dense", "--npy"]);
    run("export", ["--module", &text("none"), "--dense", &text("out")]).failed_with(&["none"]);
    run("export", ["--module", &text("")]).failed_with(&["found a folder without module.json"]);
    assert!(!folder.path().join("out").exists());
}
