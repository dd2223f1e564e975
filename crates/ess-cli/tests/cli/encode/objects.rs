//! Texts from object stores, and embeddings that go there and come back.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tempfile::TempDir;

use self::store_server::{Fault, StoreServer};
use super::{Beir, tiny_model};
use crate::program::{Outcome, read_json, run, run_with};

#[allow(dead_code, reason = "the tests of ess-data ask more of it")]
#[path = "../../../../ess-data/tests/objects/store_server.rs"]
mod store_server;

const SECRET: &str = "wJalrXUtnFEMI";

/// `encode` of texts at one URL to another, with a folder to work in.
struct Place {
    disk: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Place {
    fn new() -> Self {
        Self { disk: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    fn of(server: &StoreServer) -> Self {
        let variable = |(name, value): (&'static str, &str)| (name, value.to_owned());
        let variables = [
            ("AWS_ENDPOINT", &*server.url),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
        ];
        Self { variables: variables.map(variable).into(), ..Self::new() }
    }

    fn at(&self, name: &str) -> String {
        self.disk.path().join(name).to_str().unwrap().to_owned()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Outcome {
        let variables: Vec<_> = self.variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        run_with(program, arguments, &variables)
    }

    fn encode(&self, beir: &str, out: &str, more: &[&str]) -> Outcome {
        let (model, json) = (tiny_model(), self.at("encoded.json"));
        let own =
            ["--model", model.to_str().unwrap(), "--beir", beir, "--out", out, "--json", &json, "--quiet"];
        self.run("encode", &[&own[..], more].concat())
    }

    /// The files that were fetched, by name.
    fn fetched(&self, from: &str, to: &str) -> BTreeMap<String, Vec<u8>> {
        let out = self.at(to);
        self.run("fetch", &["--from", from, "--out", &out, "--quiet"]).succeeded();
        files(Path::new(&out))
    }

    fn published(&self) -> serde_json::Value {
        read_json(Path::new(&self.at("encoded.json")))["published"].clone()
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap())).collect()
}

/// Texts, and what comes of them on a disk.
fn texts() -> (Beir, BTreeMap<String, Vec<u8>>) {
    let beir = Beir::new(30, 40);
    beir.encode(&[]).succeeded();
    let encoded = files(&beir.out());
    (beir, encoded)
}

#[test]
fn what_goes_through_a_bucket_is_what_a_disk_has() {
    let (beir, expected) = texts();
    let server = StoreServer::good();
    let place = Place::of(&server);
    let texts = std::fs::read(beir.0.path().join("corpus.jsonl")).unwrap();
    server.insert("bucket/texts/corpus.jsonl.zst", &zstd::encode_all(texts.as_slice(), 1).unwrap());
    server.insert("bucket/texts/queries.jsonl", &std::fs::read(beir.0.path().join("queries.jsonl")).unwrap());
    let work = place.at("work");
    let encode = || place.encode("s3://bucket/texts", "s3://bucket/my/out/", &["--work", &work]).succeeded();
    encode();
    assert_eq!(files(Path::new(&work)), expected);
    let puts = |server: &StoreServer| {
        let puts = server.asked().into_iter().filter(|asked| asked.method == "PUT");
        puts.map(|asked| asked.path).collect::<Vec<_>>()
    };
    let sent = puts(&server);
    assert_eq!((sent.len(), &*sent[2]), (3, "bucket/my/out/objects.json"));
    let published = place.published();
    assert_eq!(
        (published["url"].as_str(), published["sent"].as_array().unwrap().len()),
        (Some("s3://bucket/my/out"), 2)
    );
    // Again, nothing is sent.
    encode();
    assert_eq!(puts(&server), [""; 0]);
    assert_eq!(place.published()["kept"].as_array().unwrap().len(), 2);
    assert_eq!(place.fetched("s3://bucket/my/out", "fetched"), expected);
    assert_eq!(place.fetched(&format!("{}/bucket/my/out", server.url), "over-http"), expected);
    // Other texts: their files, and those of before for whoever has the manifest of before.
    server.insert("bucket/texts/queries.jsonl", b"{\"_id\": \"q\", \"text\": \"why?\"}\n");
    encode();
    assert_eq!(place.published()["superseded"].as_array().unwrap().len(), 1);
    let now = place.fetched("s3://bucket/my/out", "fetched");
    assert_eq!(now["corpus.safetensors"], expected["corpus.safetensors"]);
    assert_ne!(now["queries.safetensors"], expected["queries.safetensors"]);
}

/// What pyarrow wrote for the tests of ess-data.
#[cfg(feature = "parquet")]
#[test]
fn shards_of_parquet_in_a_bucket_are_encoded_as_those_on_a_disk_are() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ess-data/tests/golden/parquet/corpus");
    let (beir, server) = (Beir::new(2, 4), StoreServer::good());
    let queries = std::fs::read(beir.0.path().join("queries.jsonl")).unwrap();
    server.insert("bucket/texts/queries.jsonl", &queries);
    server.insert("bucket/texts/corpus/README.md", b"not a shard");
    let folder = beir.0.path().join("corpus");
    std::fs::create_dir(&folder).unwrap();
    std::fs::remove_file(beir.0.path().join("corpus.jsonl")).unwrap();
    for (name, bytes) in files(&golden) {
        server.insert(&format!("bucket/texts/corpus/{name}"), &bytes);
        std::fs::write(folder.join(&name), &bytes).unwrap();
    }
    beir.encode(&[]).succeeded();
    let place = Place::of(&server);
    let encoded = |beir: &str, out: &str| {
        let out = place.at(out);
        place.encode(beir, &out, &[]).succeeded();
        files(Path::new(&out))
    };
    assert_eq!(encoded("s3://bucket/texts", "shards"), files(&beir.out()));
    // One object, by its name; over HTTP too.
    let one = std::fs::read(golden.join("corpus-00001-of-00002.parquet")).unwrap();
    server.insert("bucket/one/corpus.parquet", &one);
    server.insert("bucket/one/queries.jsonl", &queries);
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(beir.0.path().join("corpus.parquet"), &one).unwrap();
    beir.encode(&[]).succeeded();
    assert_eq!(encoded("s3://bucket/one", "one"), files(&beir.out()));
    assert_eq!(encoded(&format!("{}/bucket/one", server.url), "over-http"), files(&beir.out()));
}

#[test]
fn shares_meet_in_a_folder_of_a_disk_that_is_a_store() {
    let (beir, expected) = texts();
    let place = Place::new();
    let (texts, store) =
        (format!("file://{}", beir.0.path().display()), format!("file://{}", place.at("store")));
    for share in ["1/2", "2/2"] {
        let work = place.at(&share.replace('/', "-"));
        place.encode(&texts, &store, &["--shard", share, "--work", &work, "--part", "4"]).succeeded();
    }
    let fetched = place.fetched(&store, "fetched");
    assert_eq!(fetched.len(), 4, "{:?}", fetched.keys());
    let merged = ["--embeddings", &place.at("fetched"), "--beir", &texts, "--quiet"];
    run("merge", merged).succeeded();
    assert_eq!(files(Path::new(&place.at("fetched")))["corpus.safetensors"], expected["corpus.safetensors"]);
}

#[test]
fn a_store_that_refuses_is_told_and_costs_no_work() {
    let (beir, expected) = texts();
    let refuses = Arc::new(AtomicBool::new(true));
    let asked = refuses.clone();
    let server = StoreServer::start(move |request| {
        (request.method == "PUT" && asked.load(Ordering::SeqCst))
            .then_some(Fault::Status(403, "AccessDenied"))
    });
    let place = Place::of(&server);
    let (texts, work) = (beir.0.path().to_str().unwrap().to_owned(), place.at("work"));
    let encode = || place.encode(&texts, "s3://bucket/out", &["--work", &work]);
    let outcome = encode();
    assert!(!outcome.stderr.contains(SECRET) && !outcome.stderr.contains("AKIDEXAMPLE"), "{outcome:?}");
    outcome.failed_with(&["s3://bucket/out/corpus.", "forbidden", "403", "AccessDenied"]);
    assert!(!Path::new(&place.at("encoded.json")).exists());
    assert_eq!(files(Path::new(&work)), expected);
    let made = || std::fs::metadata(Path::new(&work).join("corpus.safetensors")).unwrap().modified().unwrap();
    let before = made();
    refuses.store(false, Ordering::SeqCst);
    encode().succeeded();
    assert_eq!(made(), before);
    assert_eq!(place.fetched("s3://bucket/out", "fetched"), expected);
}

#[test]
fn what_cannot_be_read_or_written_is_told_before_the_work() {
    let server = StoreServer::start(|asked| {
        asked.path.contains("closed").then_some(Fault::Status(403, "AccessDenied"))
    });
    let (place, beir) = (Place::of(&server), Beir::new(3, 4));
    let (texts, work) = (beir.0.path().to_str().unwrap().to_owned(), place.at("work"));
    let refused = |beir: &str, out: &str, more: &[&str], needles: &[&str]| {
        let outcome = place.encode(beir, out, more);
        assert!(!outcome.stderr.contains(SECRET), "{outcome:?}");
        outcome.failed_with(needles);
        assert!(!Path::new(&work).exists(), "{needles:?}");
    };
    let in_work = &["--work", &*work][..];
    refused(&texts, "s3://closed/out", in_work, &["s3://closed/out/objects.json", "forbidden"]);
    refused(&texts, "https://127.0.0.1:1/out", in_work, &["https://127.0.0.1:1/out", "only read"]);
    refused(&texts, &format!("s3://me:{SECRET}@bucket/out"), in_work, &["s3://bucket/out", "a password"]);
    refused(&texts, "ftp://host/out", in_work, &["ftp://host/out", "the scheme ftp"]);
    refused(
        "s3://bucket/texts",
        "s3://bucket/out",
        in_work,
        &["s3://bucket/texts/corpus.jsonl", ".zst", "Parquet"],
    );
    refused(
        "s3://closed/texts",
        "s3://bucket/out",
        in_work,
        &["s3://closed/texts/corpus.jsonl", "forbidden"],
    );
    refused(&texts, &place.at("out"), in_work, &["--work", "a URL"]);
    place
        .run("fetch", &["--from", "s3://bucket/out", "--out", &work])
        .failed_with(&["s3://bucket/out", "objects.json"]);
    assert!(!Path::new(&work).exists());
}
