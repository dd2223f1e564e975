//! Runs that are killed, run again after a change, and run beside each other.

use std::{path::Path, process::Stdio, time::Duration};

use ess_core::ItemEncoder;
use ess_data::EmbeddingStore;
use ess_encoders::SentenceEncoder;

use crate::program::{command, run};

use super::{Beir, tiny_model};

#[test]
fn gives_the_same_bytes_however_often_it_is_killed() {
    let whole = Beir::new(400, 120);
    let arguments = ["--part", "16"];
    let started = std::time::Instant::now();
    whole.encode(&arguments).succeeded();
    let alone = started.elapsed();
    let expected: Vec<_> = whole.files().into_values().collect();

    let torn = Beir::new(400, 120);
    // What a kill in the middle of a write leaves, of this program and of somebody else.
    std::fs::create_dir_all(torn.out().join("parts")).unwrap();
    let others = torn.out().join("parts/.ess-0-by-16.corpus.1-of-2.safetensors-aB3dE6.partial");
    std::fs::write(&others, b"half").unwrap();
    std::fs::write(torn.out().join(".ess-corpus.safetensors-aB3dE6.partial"), b"half").unwrap();
    std::fs::write(torn.out().join("parts/.ess-3-by-16.corpus.safetensors-aB3dE6.partial"), b"half").unwrap();
    std::fs::write(torn.out().join("parts/3-by-16.corpus.safetensors"), b"torn").unwrap();
    std::fs::write(torn.out().join("parts/9-by-99.queries.safetensors"), b"of another size").unwrap();
    let mut unfinished = 0;
    for step in 1..=8 {
        let mut program =
            command("encode").args(torn.arguments(&arguments)).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(alone * step / 12 + Duration::from_millis(3));
        program.kill().unwrap();
        unfinished += usize::from(program.wait().unwrap().code().is_none());
    }
    assert!(unfinished > 2, "the kills came too late");
    torn.encode(&arguments).succeeded();
    std::fs::remove_file(others).expect("what another shard is writing stays");
    assert!(torn.files().into_values().eq(expected), "{:?}", torn.files().keys());
}

#[test]
fn encodes_a_changed_text_again_under_the_same_id() {
    let beir = Beir::new(0, 5);
    let write = |texts: [&str; 4]| {
        let line =
            |(i, text): (usize, &&str)| serde_json::json!({"_id": format!("d{i}"), "text": text}).to_string();
        beir.write("corpus.jsonl", texts.iter().enumerate().map(line).collect::<Vec<_>>().join("\n"));
    };
    let store = || EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    let encoder = SentenceEncoder::load(tiny_model()).unwrap();
    let is_of = |texts: [&str; 4]| {
        let (found, expected) = (store().to_embeddings().unwrap(), encoder.encode_items(&texts).unwrap());
        found.as_slice().iter().zip(expected.as_slice()).all(|(f, e)| (f - e).abs() < 1e-5)
    };
    let before = ["the cat", "risk", "a fox", "men"];
    write(before);
    beir.encode(&["--dtype", "f32", "--part", "2"]).succeeded();
    assert!(is_of(before));
    let (first, inputs) = (beir.files(), store().provenance().inputs.clone());
    assert!(inputs.is_some());

    // The same again changes no byte; a text that changed is another vector; one that moved too.
    beir.encode(&["--dtype", "f32", "--part", "2"]).succeeded();
    assert_eq!(beir.files(), first);
    let after = ["the cat", "risk", "a dog", "men"];
    write(after);
    beir.encode(&["--dtype", "f32", "--part", "2"]).succeeded();
    assert!(is_of(after) && !is_of(before));
    assert_ne!(store().provenance().inputs, inputs);

    // Parts of a run that was stopped are taken where their texts are the same, and not elsewhere.
    let parts = beir.out().join("parts");
    std::fs::create_dir_all(&parts).unwrap();
    let other = ["men", "men", "a dog", "men"];
    let elsewhere = Beir::new(0, 5);
    elsewhere.write("corpus.jsonl", {
        let line =
            |(i, text): (usize, &&str)| serde_json::json!({"_id": format!("d{i}"), "text": text}).to_string();
        other[..2].iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    });
    elsewhere.encode(&["--dtype", "f32"]).succeeded();
    std::fs::copy(elsewhere.out().join("corpus.safetensors"), parts.join("0-by-2.corpus.safetensors"))
        .unwrap();
    std::fs::remove_file(beir.out().join("corpus.safetensors")).unwrap();
    beir.encode(&["--dtype", "f32", "--part", "2"]).succeeded();
    assert!(is_of(after), "a part of other texts under the same ids was taken");
}

#[test]
fn a_second_encode_of_the_same_files_is_told_at_once_and_the_first_is_whole() {
    let (alone, beir) = (Beir::new(400, 120), Beir::new(400, 120));
    let arguments = ["--part", "16"];
    alone.encode(&arguments).succeeded();
    let first = command("encode").args(beir.arguments(&arguments)).stderr(Stdio::null()).spawn().unwrap();
    let mut first = Running(first);
    while !beir.out().join("parts").exists() {
        assert!(first.0.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(1));
    }
    // Before the model is looked for; one of the queries alone writes a file of the first as well.
    for flags in [&[][..], &["--queries-only"]] {
        let second = run("encode", beir.arguments_for(Path::new("no/such/model"), flags));
        second.failed_with(&["another writer is at work", "safetensors"]);
    }
    // Another share is another file.
    beir.encode(&["--shard", "2/2"]).succeeded();
    assert!(first.0.wait().unwrap().success());
    for name in ["corpus.2-of-2.safetensors", "queries.2-of-2.safetensors"] {
        std::fs::remove_file(beir.out().join(name)).unwrap();
    }
    assert!(beir.files().into_values().eq(alone.files().into_values()), "{:?}", beir.files().keys());
}

/// A process that does not outlive the test.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
