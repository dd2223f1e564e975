//! A bucket as a folder.

use std::io::Read;

use ess_data::{Item, ObjectInfo, ObjectSet, RecordReader};
use flate2::{Compression, write::GzEncoder};

use super::{SECRET, content, folder, store_server::StoreServer};

#[test]
fn a_large_file_goes_up_in_parts_and_comes_down_in_blocks() {
    let server = StoreServer::good();
    let (folder, disk) = (folder(&server), tempfile::tempdir().unwrap());
    let [file, copy] = ["file", "copy"].map(|name| disk.path().join(name));
    std::fs::write(&file, content(3500)).unwrap();
    let put = folder.put("large.bin", &file).unwrap();
    assert_eq!((put.bytes, server.objects()["bucket/out/large.bin"].len()), (3500, 3500));
    let asked = server.asked();
    let parts: Vec<usize> = asked
        .iter()
        .filter(|asked| asked.query.contains_key("partNumber"))
        .map(|asked| asked.body.len())
        .collect();
    assert_eq!(parts, [1000, 1000, 1000, 500]);
    assert_eq!(server.open_uploads(), 0);
    // Signed, and by a key that is not sent.
    for asked in asked {
        assert!(asked.headers["authorization"].starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
        assert!(!format!("{asked:?}").contains(SECRET));
    }
    folder.fetch(&put, &copy).unwrap();
    assert_eq!(std::fs::read(&copy).unwrap(), content(3500));
    let ranges = server.asked().into_iter().filter_map(|asked| asked.headers.get("range").cloned());
    assert_eq!(
        ranges.collect::<Vec<_>>(),
        ["bytes=0-999", "bytes=1000-1999", "bytes=2000-2999", "bytes=3000-3499"]
    );
}

#[test]
fn lists_have_all_pages_and_an_empty_object_is_one() {
    let server = StoreServer::good();
    let folder = folder(&server);
    assert_eq!(folder.list().unwrap(), []);
    for name in ["a", "b", "c", "d", "e"] {
        server.insert(&format!("bucket/out/{name}"), b"");
    }
    server.insert("bucket/output/f", b"of another folder");
    let names: Vec<_> = folder.list().unwrap().into_iter().map(|object| object.name).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    let empty = folder.info("a").unwrap();
    assert_eq!(folder.list().unwrap()[0], empty);
    let mut bytes = Vec::new();
    folder.read(&empty).read_to_end(&mut bytes).unwrap();
    assert_eq!((empty.bytes, bytes.len()), (0, 0));
}

#[test]
fn texts_are_read_from_a_bucket_as_from_a_disk() {
    let server = StoreServer::good();
    let folder = folder(&server);
    let line = |i: usize| format!("{{\"_id\": \"d{i}\", \"text\": \"{}\"}}\n", "word ".repeat(i));
    let plain: String = (0..60).map(line).collect();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut gzip, plain.as_bytes()).unwrap();
    let forms =
        [plain.clone().into_bytes(), gzip.finish().unwrap(), zstd::encode_all(plain.as_bytes(), 1).unwrap()];
    for (form, bytes) in forms.into_iter().enumerate() {
        let name = format!("corpus.{form}");
        server.insert(&format!("bucket/out/{name}"), &bytes);
        let object = folder.info(&name).unwrap();
        let read = |object: &ObjectInfo| {
            RecordReader::<Item>::from_reader(folder.url_of(&name), folder.read(object), Some(object.bytes))
        };
        let items = read(&object).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
        assert_eq!((items.len(), items[59].text.len()), (60, 59 * 5));
        // A torn one.
        server.insert(&format!("bucket/out/{name}"), &bytes[..bytes.len() - 5]);
        let torn = folder.info(&name).unwrap();
        let error = match read(&torn) {
            Ok(reader) => reader.collect::<Result<Vec<_>, _>>().unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(error.starts_with(&format!("s3://bucket/out/{name}")), "{error}");
        // Another one than was asked for, which the error says and not that a line is wrong.
        let error = match read(&object) {
            Ok(reader) => reader.collect::<Result<Vec<_>, _>>().unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(error, ess_data::Error::Object(ess_data::ObjectError::Changed { .. })), "{error}");
    }
}

#[test]
fn a_set_is_sent_once_and_its_manifest_last() {
    let server = StoreServer::good();
    let (folder, disk) = (folder(&server), tempfile::tempdir().unwrap());
    let files = ["corpus.safetensors", "queries.safetensors"].map(|name| disk.path().join(name));
    std::fs::write(&files[0], content(2500)).unwrap();
    std::fs::write(&files[1], content(10)).unwrap();
    ObjectSet::publish(&folder, "objects.json", &files).unwrap();
    let written = |server: &StoreServer| {
        let asked = server.asked().into_iter().filter(|asked| ["PUT", "POST"].contains(&&*asked.method));
        asked.map(|asked| asked.path).collect::<Vec<_>>()
    };
    assert_eq!(written(&server).last().unwrap(), "bucket/out/objects.json");
    let again = ObjectSet::publish(&folder, "objects.json", &files).unwrap();
    assert_eq!((again.sent.len(), again.kept.len(), written(&server).len()), (0, 2, 0));
    let out = disk.path().join("out");
    std::fs::create_dir(&out).unwrap();
    ObjectSet::read(&folder, "objects.json").unwrap().unwrap().fetch(&out).unwrap();
    assert_eq!(std::fs::read(out.join("corpus.safetensors")).unwrap(), content(2500));
}
