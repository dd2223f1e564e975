//! Modules that are missing, damaged or made for other embeddings: `evaluate` names the module and the cause.

use crate::small_data::SmallData;

#[track_caller]
fn refused(data: &SmallData, modules: &[&str], needles: &[&str]) {
    let mut arguments: Vec<&str> = modules.iter().flat_map(|&module| ["--module", module]).collect();
    let (json, run) = (data.text("report.json"), data.text("hits.run"));
    arguments.extend(["--json", &json, "--write-run", &run]);
    data.evaluate(&arguments).failed_with(needles);
    assert!(!data.path("report.json").exists() && !data.path("hits.run").exists());
}

#[test]
fn a_module_that_is_missing_torn_or_altered() {
    let data = SmallData::new(4, 4);
    let module = data.text("module");
    refused(&data, &[&module], &[&module, "folder of a searching module", "no such file"]);
    refused(
        &data,
        &[&data.text("qrels.tsv")],
        &["qrels.tsv", "folder of a searching module", "found a file"],
    );
    refused(&data, &[&data.text("")], &["found a folder without module.json"]);

    data.train(&[]).succeeded();
    data.evaluate(&["--module", &module]).succeeded();
    let names = std::fs::read_dir(&module).unwrap().map(|entry| entry.unwrap().path());
    let weights =
        names.into_iter().find(|path| path.extension().is_some_and(|e| e == "safetensors")).unwrap();
    let whole = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &whole[..whole.len() / 2]).unwrap();
    refused(&data, &[&module], &["weights-", "expected checksum"]);
    std::fs::remove_file(&weights).unwrap();
    refused(&data, &[&module], &["weights-", "No such file"]);

    let manifest = data.path("module").join("module.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, &text[..text.len() / 2]).unwrap();
    refused(&data, &[&module], &["module.json", "expected"]);
    std::fs::write(&manifest, text.replace("\"version\": 3", "\"version\": 99")).unwrap();
    refused(&data, &[&module], &["module.json", "version 1", "99"]);
}

#[test]
fn a_module_made_for_embeddings_of_another_dimension() {
    let (four, six) = (SmallData::new(4, 4), SmallData::new(6, 6));
    four.train(&["--module", "mlp"]).succeeded();
    refused(&six, &[&four.text("module")], &[&four.text("module"), "dimension", "4", "6"]);
    let (narrow, wide) = (SmallData::new(4, 3), SmallData::new(4, 6));
    narrow.train(&[]).succeeded();
    refused(&wide, &[&narrow.text("module")], &[&narrow.text("module"), "dimension", "3", "6"]);
}

#[test]
fn a_module_given_twice() {
    let data = SmallData::new(4, 4);
    data.train(&[]).succeeded();
    let module = data.text("module");
    refused(&data, &[&module, &module, &module], &[&module, "twice"]);
}

#[test]
fn a_module_that_is_there_stays_when_training_fails() {
    let data = SmallData::new(4, 4);
    data.train(&[]).succeeded();
    let before = std::fs::read(data.path("module").join("module.json")).unwrap();
    data.write_qrels(&["q0\tnothing\t1", "q1\td1\t1"]);
    data.train(&[]).failed_with(&["nothing"]);
    assert_eq!(std::fs::read(data.path("module").join("module.json")).unwrap(), before);
    data.write_qrels(&["q0\td0\t1", "q1\td1\t1", "q2\td2\t1"]);
    data.evaluate(&["--module", &data.text("module")]).succeeded();
}
