//! Embedding stores that are torn, damaged or forged.

use ess_core::{Embeddings, Ids};
use ess_data::{Dtype, EmbeddingStore, Error, MappedStore, Provenance, write_store};
use ess_files::Checksum;
use serde_json::{Value, json};

use crate::file_with;

fn good_store() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let ids = Ids::new(["a", "b", "c"].map(String::from).to_vec()).unwrap();
    let embeddings = Embeddings::from_rows(&[[1.0, -2.0], [0.5, 0.25], [3.0, 0.0]]).unwrap();
    write_store(&path, &ids, &embeddings, Dtype::F16, &Provenance::default()).unwrap();
    std::fs::read(&path).unwrap()
}

fn open_bytes(bytes: &[u8]) -> Result<EmbeddingStore, Error> {
    let (_folder, path) = file_with(bytes);
    EmbeddingStore::open(path)
}

/// A store whose checksums are right, whatever its content: `d = 1`, f32.
struct Forged {
    header: Value,
    id_ends: Vec<u64>,
    values: Vec<f32>,
    ids: Vec<u8>,
}

impl Forged {
    fn new(id_ends: &[u64], values: &[f32], ids: &[u8]) -> Self {
        let (n, a) = (values.len(), 8 * id_ends.len());
        let (b, c) = (a + 4 * n, a + 4 * n + ids.len());
        let header = json!({
            "__metadata__": {"format": "ess-embeddings", "version": "1", "provenance": "{}"},
            "id_ends": {"dtype": "U64", "shape": [id_ends.len()], "data_offsets": [0, a]},
            "embeddings": {"dtype": "F32", "shape": [n, 1], "data_offsets": [a, b]},
            "ids": {"dtype": "U8", "shape": [ids.len()], "data_offsets": [b, c]},
            "checksums": {"dtype": "U8", "shape": [1, 24], "data_offsets": [c, c + 24]},
        });
        Self { header, id_ends: id_ends.to_vec(), values: values.to_vec(), ids: ids.to_vec() }
    }

    fn with(mut self, pointer: &str, value: Value) -> Self {
        *self.header.pointer_mut(pointer).unwrap() = value;
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let header = self.header.to_string().into_bytes();
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        bytes.extend(self.id_ends.iter().flat_map(|end| end.to_le_bytes()));
        bytes.extend(self.values.iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(&self.ids);
        bytes.extend(Checksum::of(&bytes).to_string().into_bytes());
        bytes
    }
}

fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

#[test]
fn a_file_torn_at_any_length_is_refused() {
    let good = good_store();
    assert!(open_bytes(&good).is_ok());
    for length in 0..good.len() {
        assert!(matches!(open_bytes(&good[..length]), Err(Error::Format { .. })), "{length} bytes");
    }
    assert!(matches!(open_bytes(&[&good[..], &[0]].concat()), Err(Error::Format { .. })));
}

#[test]
fn every_changed_byte_is_found_and_no_change_is_dangerous() {
    let good = good_store();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        let (_folder, path) = file_with(&bytes);
        assert!(EmbeddingStore::open(&path).is_err(), "byte {at}");
        if let Ok(store) = EmbeddingStore::open_unverified(&path) {
            let _ = (store.to_embeddings(), store.id(0), store.verify().unwrap_err());
        }
    }
}

#[test]
fn damage_is_placed() {
    let mut bytes = Forged::new(&[1, 2], &[1.0, 2.0], b"ab").bytes();
    let at = bytes.len() - 24 - 3;
    bytes[at] ^= 1;
    let covered = bytes.len() - 24;
    let error = open_bytes(&bytes).unwrap_err();
    assert!(matches!(error, Error::Damaged { first: 0, last, .. } if last == covered - 1), "{error}");
}

#[test]
fn a_forged_store_that_is_right_opens_at_any_alignment() {
    for padding in 0..8 {
        let mut forged = Forged::new(&[1, 3], &[1.0, 2.0], b"abc");
        forged.header["__metadata__"]["note"] = Value::from("x".repeat(padding));
        let store = open_bytes(&forged.bytes()).unwrap();
        assert_eq!(store.to_embeddings().unwrap().as_slice(), &[1.0, 2.0]);
        assert_eq!(store.id(1).unwrap(), "bc");
    }
}

#[test]
fn numbers_that_are_not_finite_are_named_verified_or_not() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let (_folder, path) = file_with(Forged::new(&[1, 2], &[1.0, bad], b"ab").bytes());
        let named = |error| matches!(error, Error::NonFinite { row: 1, column: 0, .. });
        assert!(named(EmbeddingStore::open(&path).unwrap_err()));
        let store = EmbeddingStore::open_unverified(&path).unwrap();
        assert!(named(store.rows(1..2).unwrap_err()));
        assert!(named(store.to_embeddings().unwrap_err()));
        assert!(store.rows(0..1).is_ok());
    }
}

#[test]
fn wrong_ids_are_refused() {
    let open = |id_ends: &[u64], ids: &[u8]| {
        open_bytes(&Forged::new(id_ends, &[1.0, 2.0], ids).bytes()).unwrap_err()
    };
    let twice = open(&[1, 2], b"aa");
    let named =
        matches!(twice, Error::Ids { cause: ess_core::Error::DuplicateId { first: 0, second: 1, .. }, .. });
    assert!(named);
    assert!(matches!(open(&[1, 2], b"a\xff"), Error::Format { .. }));
    assert!(matches!(open(&[1, 3], b"ab"), Error::Format { .. }));
    assert!(matches!(open(&[2, 1], b"ab"), Error::Format { .. }));
    assert!(matches!(open(&[1, u64::MAX], b"ab"), Error::Format { .. }));
    assert!(matches!(open(&[1], b"ab"), Error::Format { .. }));
}

#[test]
fn a_header_that_says_something_else_is_refused() {
    let forged = || Forged::new(&[1, 2], &[1.0, 2.0], b"ab");
    let wrong = [
        ("/__metadata__/format", json!("other")),
        ("/__metadata__/version", json!("3")),
        ("/__metadata__/provenance", json!("{\"unknown\": 1}")),
        ("/__metadata__/provenance", json!("[\"encoder\", null, null, null]")),
        ("/__metadata__", json!({})),
        ("/embeddings/dtype", json!("I32")),
        ("/embeddings/dtype", json!("F16")),
        ("/embeddings/shape", json!([2])),
        ("/embeddings/shape", json!([1, 2])),
        ("/embeddings/shape", json!([-2, 1])),
        ("/embeddings/shape", json!([u64::MAX, u64::MAX])),
        ("/embeddings/data_offsets", json!([16, 1_u64 << 50])),
        ("/embeddings/data_offsets", json!([0, 8])),
        ("/id_ends/dtype", json!("I64")),
        ("/checksums/shape", json!([2, 12])),
    ];
    for (pointer, value) in wrong {
        let found = open_bytes(&forged().with(pointer, value.clone()).bytes());
        assert!(matches!(found, Err(Error::Format { .. })), "{pointer} {value}");
    }
    assert!(matches!(open_bytes(&Forged::new(&[], &[], b"").bytes()), Err(Error::Format { .. })));
}

#[test]
fn headers_that_announce_terabytes_are_refused_at_once() {
    let tera = 1_u64 << 43;
    let one = format!(r#"{{"embeddings":{{"dtype":"U8","shape":[{tera}],"data_offsets":[0,{tera}]}}}}"#);
    assert!(matches!(open_bytes(&with_header(&one, b"")), Err(Error::Format { .. })));
    // Nine tensors whose sizes add up to more than 64 bits.
    let step = (1_u64 << 61) - 1;
    let many = (0..8).map(|i| {
        format!(r#""{i}":{{"dtype":"U8","shape":[{step}],"data_offsets":[{},{}]}}"#, i * step, (i + 1) * step)
    });
    let many = format!(
        "{{{},\"z\":{{\"dtype\":\"U8\",\"shape\":[7],\"data_offsets\":[{},{}]}}}}",
        many.collect::<Vec<_>>().join(","),
        8 * step,
        8 * step + 7
    );
    assert!(matches!(open_bytes(&with_header(&many, b"")), Err(Error::Format { .. })));
    for length in [u64::MAX, u64::MAX - 7, 1 << 40, 100] {
        assert!(matches!(open_bytes(&length.to_le_bytes()), Err(Error::Format { .. })));
    }
    assert!(matches!(open_bytes(&with_header(&"[".repeat(100_000), b"")), Err(Error::Format { .. })));
    assert!(matches!(open_bytes(&with_header(&"{\"a\":".repeat(100_000), b"")), Err(Error::Format { .. })));
}

#[test]
fn missing_files_and_folders_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("missing"), folder.path().to_owned()] {
        assert!(matches!(MappedStore::open(&path), Err(Error::Io { path: named, .. }) if named == path));
    }
}

#[test]
fn a_file_of_another_kind_is_called_what_it_is() {
    let npy = std::fs::read(crate::golden("little_f4_C.npy")).unwrap();
    let mistaken: [(&[u8], &str); 7] = [
        (&npy, "a NumPy array (.npy), which `ess import` makes a store of"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "gzip"),
        (b"PK\x03\x04\x14\0\0\0\x08\0", ".npz"),
        (b"PAR1\x15\x04\x15\x10\x15\x14", "Parquet"),
        (b"\x89HDF\r\n\x1a\n\0\0", "HDF5"),
        (b"[]", "a JSON text"),
        (b"ESSINDEX\x01\0\0\0", "an index file of ESS"),
    ];
    for (bytes, kind) in mistaken {
        let error = open_bytes(bytes).unwrap_err();
        let Error::Format { expected, found, .. } = &error else { panic!("{error}") };
        assert_eq!(expected, "an embedding store");
        assert!(found.contains(kind), "{error}");
    }
}
