//! Shares that are put together, and files that are verified.

use crate::program::{read_json, run};

use super::Beir;

fn shares(beir: &Beir) {
    for number in 1..=3 {
        beir.encode(&["--shard", &format!("{number}/3"), "--dtype", "f32"]).succeeded();
    }
}

fn merge(beir: &Beir, more: &[&str]) -> crate::program::Outcome {
    let out = beir.out();
    run("merge", ["--embeddings", out.to_str().unwrap()].into_iter().chain(more.iter().copied()))
}

fn verify(beir: &Beir) -> crate::program::Outcome {
    run("verify", ["--embeddings", beir.out().to_str().unwrap()])
}

#[test]
fn what_is_merged_is_what_one_run_gives_and_encode_takes_it_for_its_own() {
    let (whole, parted) = (Beir::new(50, 40), Beir::new(50, 40));
    whole.encode(&["--dtype", "f32"]).succeeded();
    shares(&parted);
    let folder = parted.0.path().to_str().unwrap().to_owned();
    let report = parted.0.path().join("report.json");
    merge(&parted, &["--beir", &folder, "--json", report.to_str().unwrap()]).succeeded();
    for name in ["corpus.safetensors", "queries.safetensors"] {
        let [merged, expected] = [&parted, &whole].map(|beir| std::fs::read(beir.out().join(name)).unwrap());
        assert!(merged == expected, "{name}");
    }
    let said = read_json(&report);
    assert_eq!(said, {
        let mut manifest = read_json(&parted.out().join("manifest.json"));
        manifest.as_object_mut().unwrap().remove("checksum");
        manifest
    });
    assert_eq!(
        (&said["files"][0]["rows"], &said["files"][0]["shares"][1]["first_row"]),
        (&50.into(), &16.into())
    );
    verify(&parted).succeeded();
    let before = parted.files();
    parted.encode(&["--dtype", "f32"]).succeeded();
    assert_eq!(parted.files(), before);
}

#[test]
fn shares_that_are_missing_damaged_or_of_another_kind_are_refused() {
    let beir = Beir::new(50, 40);
    merge(&beir, &[]).failed_with(&["--embeddings", "found nothing"]);
    shares(&beir);
    let (second, kept) = (beir.out().join("corpus.2-of-3.safetensors"), beir.0.path().join("kept"));
    std::fs::rename(&second, &kept).unwrap();
    merge(&beir, &[]).failed_with(&["missing: 2 of 3"]);
    let bytes = std::fs::read(&kept).unwrap();
    let mut damaged = bytes.clone();
    *damaged.last_mut().unwrap() ^= 1;
    std::fs::write(&second, &damaged).unwrap();
    merge(&beir, &[]).failed_with(&["corpus.2-of-3.safetensors", "checksum"]);
    verify(&beir).failed_with(&["corpus.2-of-3.safetensors", "damaged"]);
    std::fs::remove_file(&second).unwrap();
    beir.encode(&["--shard", "2/3", "--dtype", "f16"]).succeeded();
    merge(&beir, &[]).failed_with(&["corpus.2-of-3.safetensors", "f16"]);
    std::fs::write(&second, &bytes).unwrap();
    std::fs::copy(beir.out().join("corpus.1-of-3.safetensors"), beir.out().join("corpus.1-of-2.safetensors"))
        .unwrap();
    merge(&beir, &[]).failed_with(&["expected one number"]);
    std::fs::remove_file(beir.out().join("corpus.1-of-2.safetensors")).unwrap();
    std::fs::copy(beir.out().join("corpus.1-of-3.safetensors"), &second).unwrap();
    merge(&beir, &[]).failed_with(&["corpus.safetensors", "d0"]);
    std::fs::write(&second, &bytes).unwrap();
    for (other, said) in [(Beir::new(50, 39), "other texts"), (Beir::new(51, 40), "51 records")] {
        merge(&beir, &["--beir", other.0.path().to_str().unwrap()]).failed_with(&[said]);
    }
}

#[test]
fn a_file_that_changed_after_it_was_merged_is_found() {
    let beir = Beir::new(20, 40);
    shares(&beir);
    for name in ["queries.1-of-3.safetensors", "queries.2-of-3.safetensors", "queries.3-of-3.safetensors"] {
        assert!(beir.out().join(name).exists(), "{name}");
    }
    // The shares of one run cannot be told from those of another by their own checksums.
    merge(&beir, &[]).succeeded();
    verify(&beir).succeeded();
    let first = beir.out().join("corpus.1-of-3.safetensors");
    let (whole, report) = (std::fs::read(&first).unwrap(), beir.0.path().join("verified.json"));
    let said = || {
        let json = report.to_str().unwrap().to_owned();
        let outcome = run("verify", ["--embeddings", beir.out().to_str().unwrap(), "--json", &json]);
        (outcome, read_json(&report))
    };
    // A share that is deleted is said, and is no damage; the merged file is needed.
    std::fs::remove_file(&first).unwrap();
    let (outcome, found) = said();
    assert!(outcome.succeeded().stderr.contains("corpus.1-of-3.safetensors"));
    assert_eq!(found["missing_shares"], serde_json::json!(["corpus.1-of-3.safetensors"]));
    assert_eq!(found["damaged"], serde_json::json!([]));
    let merged = beir.out().join("corpus.safetensors");
    let kept = std::fs::read(&merged).unwrap();
    std::fs::remove_file(&merged).unwrap();
    let (outcome, found) = said();
    outcome.failed_with(&["corpus.safetensors", "damaged or missing"]);
    assert_eq!(found["damaged"], serde_json::json!(["corpus.safetensors"]));
    std::fs::write(&merged, kept).unwrap();
    std::fs::write(&first, whole).unwrap();
    verify(&beir).succeeded();
    std::fs::copy(beir.out().join("corpus.2-of-3.safetensors"), first).unwrap();
    verify(&beir).failed_with(&["corpus.1-of-3.safetensors", "manifest says"]);
    let manifest = beir.out().join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("\"rows\": 20", "\"rows\": 21")).unwrap();
    verify(&beir).failed_with(&["manifest.json", "damaged or altered"]);
}

#[test]
fn a_manifest_of_another_program_and_a_share_that_is_being_written_are_left_alone() {
    let beir = Beir::new(20, 40);
    shares(&beir);
    let manifest = beir.out().join("manifest.json");
    for other in [r#"{"name": "my app", "icons": []}"#, "not json"] {
        std::fs::write(&manifest, other).unwrap();
        merge(&beir, &[]).failed_with(&["manifest.json", "ess merge"]);
        assert_eq!(std::fs::read_to_string(&manifest).unwrap(), other);
    }
    std::fs::remove_file(&manifest).unwrap();
    let share = beir.out().join("corpus.2-of-3.safetensors");
    let writer = ess_files::FileLock::acquire(&share).unwrap();
    merge(&beir, &[]).failed_with(&["corpus.2-of-3.safetensors", "another writer"]);
    drop(writer);
    merge(&beir, &[]).succeeded();
    // What it wrote itself it replaces.
    merge(&beir, &[]).succeeded();
}
