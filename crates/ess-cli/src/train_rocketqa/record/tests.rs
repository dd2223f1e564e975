//! Records of steps: what is complete, and what is not.

use std::path::Path;

use serde_json::json;

use super::*;

fn wanted(depth: usize, hits: &str) -> Wanted {
    let inputs = [("texts".to_owned(), "a".to_owned()), ("hits".to_owned(), hits.to_owned())];
    let settings = json!({"depth": depth, "share": 0.1_f32});
    Wanted::new(Step::Denoised, settings, inputs.into_iter().collect())
}

/// A folder with a step that is complete.
fn complete() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let wanted = wanted(5, "b");
    wanted.begin(folder.path()).unwrap();
    std::fs::create_dir_all(folder.path().join("query")).unwrap();
    std::fs::write(folder.path().join("query/model.safetensors"), "weights").unwrap();
    std::fs::write(folder.path().join("training.json"), "1 s").unwrap();
    std::fs::create_dir(folder.path().join(CHECKPOINT)).unwrap();
    std::fs::write(folder.path().join(CHECKPOINT).join("state"), "half").unwrap();
    wanted.end(folder.path(), Made::default(), 1.5).unwrap();
    folder
}

fn lacking(folder: &Path, wanted: &Wanted) -> String {
    match wanted.state(folder).unwrap() {
        State::Lacking(reason) => reason,
        state => panic!("{state:?}"),
    }
}

#[test]
fn a_step_is_complete_once_it_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(lacking(folder.path(), &wanted(5, "b")), "has not been run");
    wanted(5, "b").begin(folder.path()).unwrap();
    assert_eq!(wanted(5, "b").state(folder.path()).unwrap(), State::UnderWay);
    let folder = complete();
    let State::Complete(found) = wanted(5, "b").state(folder.path()).unwrap() else { panic!("not complete") };
    let names: Vec<&str> = found.outputs.keys().map(String::as_str).collect();
    assert_eq!((names, found.cpu_seconds), (vec!["query/model.safetensors", "training.json"], 1.5));
    assert!(!folder.path().join(CHECKPOINT).exists());
}

#[test]
fn other_settings_inputs_and_outputs_are_named() {
    let folder = complete();
    assert_eq!(lacking(folder.path(), &wanted(6, "b")), "was made with other settings");
    assert_eq!(lacking(folder.path(), &wanted(5, "c")), "was made with another input: hits");
    std::fs::write(folder.path().join("query/model.safetensors"), "other").unwrap();
    assert!(lacking(folder.path(), &wanted(5, "b")).contains("query/model.safetensors"));
    std::fs::remove_file(folder.path().join("query/model.safetensors")).unwrap();
    assert!(lacking(folder.path(), &wanted(5, "b")).contains("query/model.safetensors"));
}

#[test]
fn a_record_with_a_changed_byte_is_none() {
    let folder = complete();
    let path = folder.path().join(FILE);
    let whole = std::fs::read(&path).unwrap();
    for at in 0..whole.len() - 1 {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert!(lacking(folder.path(), &wanted(5, "b")).contains("damaged"), "byte {at}");
    }
}

#[test]
fn what_an_earlier_step_left_is_gone_before_another_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let scores = folder.path().join(SCORES);
    let state = folder.path().join(CHECKPOINT).join("state");
    let leave = || {
        std::fs::create_dir_all(folder.path().join(CHECKPOINT)).unwrap();
        std::fs::write(&state, "half").unwrap();
        std::fs::write(&scores, "scores").unwrap();
    };
    wanted(5, "b").begin(folder.path()).unwrap();
    leave();
    wanted(5, "b").begin(folder.path()).unwrap();
    assert!(scores.exists() && state.exists());
    wanted(6, "b").begin(folder.path()).unwrap();
    assert!(!scores.exists() && !state.exists());
}

#[test]
fn outputs_of_an_earlier_step_are_gone_before_another_begins_and_others_files_stay() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let is_there = |name: &str| folder.path().join(name).exists();
    write("notes.txt", "a user's");
    wanted(5, "b").begin(folder.path()).unwrap();
    write("query/model.safetensors", "weights");
    write("query/1_Pooling/config.json", "{}");
    write("item/model.safetensors", "weights");
    write("item/README.md", "written too");
    wanted(5, "b").end(folder.path(), Made::default(), 1.0).unwrap();
    write("item/later.txt", "a user's");

    // Interrupted as it removed them, it is neither complete nor under way with what it was made with.
    std::fs::remove_file(folder.path().join("item/README.md")).unwrap();
    assert!(lacking(folder.path(), &wanted(5, "b")).contains("item/README.md"));
    wanted(6, "b").begin(folder.path()).unwrap();
    assert_eq!(wanted(6, "b").state(folder.path()).unwrap(), State::UnderWay);
    assert!(!is_there("query") && !is_there("item/model.safetensors"));
    assert!(is_there("notes.txt") && is_there("item/later.txt"));

    // The same of one that was stopped after it had written them, and of a second one with the same notes.
    write("query/model.safetensors", "weights");
    wanted(6, "b").wrote(folder.path()).unwrap();
    wanted(6, "b").begin(folder.path()).unwrap();
    assert!(is_there("query/model.safetensors"));
    wanted(7, "b").begin(folder.path()).unwrap();
    assert!(!is_there("query") && is_there("notes.txt") && is_there("item/later.txt"));
}

#[test]
fn a_record_that_names_files_outside_its_folder_is_none() {
    let root = tempfile::tempdir().unwrap();
    let (folder, outside) = (root.path().join("step"), root.path().join("outside"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(&outside, "a user's").unwrap();
    for name in ["../outside", outside.to_str().unwrap(), ""] {
        let mut record = Record::begun(wanted(5, "b"), BTreeMap::new());
        record.wrote.insert(name.to_owned(), "sum".to_owned());
        record.write(&folder).unwrap();
        assert!(lacking(&folder, &wanted(5, "b")).contains("damaged"), "{name}");
        wanted(6, "b").begin(&folder).unwrap();
        assert!(outside.exists(), "{name}");
    }
}

#[test]
fn times_are_no_part_of_what_a_later_step_reads() {
    let folder = complete();
    let found = |folder: &Path| match wanted(5, "b").state(folder).unwrap() {
        State::Complete(found) => *found,
        state => panic!("{state:?}"),
    };
    let first = found(folder.path());
    std::fs::write(folder.path().join("training.json"), "2 s").unwrap();
    let second = wanted(5, "b").end(folder.path(), Made::default(), 3.0).unwrap();
    assert!(first != second && first.identity() == second.identity());
    std::fs::write(folder.path().join("query/model.safetensors"), "other").unwrap();
    let third = wanted(5, "b").end(folder.path(), Made::default(), 3.0).unwrap();
    assert_ne!(first.identity(), third.identity());
}
