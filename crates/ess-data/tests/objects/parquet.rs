//! Texts in Parquet in a bucket, which pyarrow wrote: tests/golden/generate_parquet.py.

use std::path::Path;

use ess_data::{Error, Item, ObjectError, ObjectInfo, RecordReader, read_records};

use super::{
    folder,
    store_server::{Fault, StoreServer},
};

const SHARDS: [&str; 2] = ["corpus-00000-of-00002.parquet", "corpus-00001-of-00002.parquet"];

fn golden(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/parquet").join(name)
}

fn shard(name: &str) -> Vec<u8> {
    std::fs::read(golden("corpus").join(name)).unwrap()
}

/// Both shards in the folder `out`.
fn filled(server: &StoreServer) {
    SHARDS.iter().for_each(|name| server.insert(&format!("bucket/out/{name}"), &shard(name)));
}

fn read(server: &StoreServer, objects: &[ObjectInfo]) -> Result<Vec<Item>, Error> {
    RecordReader::<Item>::open_objects(&folder(server), objects).collect()
}

#[test]
fn shards_are_read_by_ranges_as_from_a_disk() {
    let server = StoreServer::good();
    filled(&server);
    let objects = folder(&server).list().unwrap();
    server.asked();
    let expected: Vec<Item> = read_records(golden("corpus")).unwrap();
    assert_eq!(read(&server, &objects).unwrap(), expected);
    // Blocks of 1000 bytes, each once; and never all of an object.
    let asked = server.asked();
    let mut ranges: Vec<_> = asked.iter().map(|asked| (&asked.path, &asked.headers["range"])).collect();
    ranges.sort_unstable();
    let all = ranges.len();
    ranges.dedup();
    let blocks: usize = objects.iter().map(|object| object.bytes.div_ceil(1000) as usize).sum();
    assert!(ranges.len() == all && all <= blocks, "{ranges:?}");
    // In the order given.
    let turned = [objects[1].clone(), objects[0].clone()];
    let ids: Vec<String> = read(&server, &turned).unwrap().into_iter().map(|item| item.id).collect();
    assert_eq!(ids, ["d3", "d1", "d 2"]);
    assert!(matches!(read(&server, &[]), Err(Error::EmptyFile { .. })));
}

#[test]
fn an_object_that_is_replaced_or_no_longer_there_is_told_and_not_called_damaged() {
    let server = StoreServer::good();
    filled(&server);
    let objects = folder(&server).list().unwrap();
    server.insert(&format!("bucket/out/{}", SHARDS[0]), &shard(SHARDS[1]));
    let error = read(&server, &objects).unwrap_err();
    assert!(matches!(error, Error::Object(ObjectError::Changed { .. })), "{error}");
    assert!(error.to_string().contains(SHARDS[0]), "{error}");
    // A bucket of this name without them.
    let error = read(&StoreServer::good(), &objects).unwrap_err();
    assert!(matches!(error, Error::Object(ObjectError::Missing { .. })), "{error}");
    let closed = StoreServer::start(|asked| {
        (asked.method == "GET" && asked.headers.contains_key("range"))
            .then_some(Fault::Status(403, "AccessDenied"))
    });
    filled(&closed);
    let error = read(&closed, &folder(&closed).list().unwrap()).unwrap_err();
    assert!(matches!(error, Error::Object(ObjectError::Forbidden { .. })), "{error}");
}

#[test]
fn an_object_that_is_cut_is_no_parquet_file() {
    let server = StoreServer::good();
    let whole = shard(SHARDS[0]);
    for length in (0..whole.len()).step_by(97) {
        server.insert("bucket/out/cut.parquet", &whole[..length]);
        let cut = folder(&server).info("cut.parquet").unwrap();
        let error = read(&server, &[cut]).unwrap_err();
        let named =
            matches!(&error, Error::Format { path, .. } if path == Path::new("s3://bucket/out/cut.parquet"));
        assert!(named, "{length}: {error}");
    }
}
