//! `.npy` files, NumPy's own and hostile ones.

use ess_core::Embeddings;
use ess_data::{Dtype, Error, NpyMatrix, write_npy, write_npy_in_batches};
use proptest::prelude::*;

use crate::{file_with, golden};

fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn open_bytes(bytes: &[u8]) -> Result<NpyMatrix, Error> {
    let (_folder, path) = file_with(bytes);
    NpyMatrix::open(path)
}

#[test]
fn what_numpy_writes_is_read() {
    let expected = [0.0, 1.0, 2.0, 3.0, 4.5, -65504.0];
    let mut names = vec!["version_2.npy".to_owned(), "version_3.npy".to_owned()];
    for order in ["little", "big"] {
        for layout in ["f2_C", "f2_F", "f4_C", "f4_F", "f8_C", "f8_F"] {
            names.push(format!("{order}_{layout}.npy"));
        }
    }
    for name in names {
        let matrix = NpyMatrix::open(golden(&name)).unwrap();
        assert_eq!((matrix.len(), matrix.dim()), (2, 3), "{name}");
        assert_eq!(matrix.to_embeddings().unwrap().as_slice(), expected, "{name}");
        assert_eq!(matrix.rows(1..2).unwrap().as_slice(), &expected[3..], "{name}");
        assert_eq!(matrix.batches(1).len(), 2);
    }
}

#[test]
fn what_is_no_matrix_of_floats_is_refused() {
    for name in ["vector.npy", "integers.npy", "structured.npy", "generate.py"] {
        assert!(matches!(NpyMatrix::open(golden(name)), Err(Error::Format { .. })), "{name}");
    }
}

#[test]
fn what_is_written_is_what_numpy_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("matrix.npy");
    let embeddings = Embeddings::from_rows(&[[0.0, 1.0, 2.0], [3.0, 4.5, -65504.0]]).unwrap();
    for (dtype, name) in [(Dtype::F16, "little_f2_C.npy"), (Dtype::F32, "little_f4_C.npy")] {
        write_npy(&path, &embeddings, dtype).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(golden(name)).unwrap());
    }
}

/// Headers as other writers make them; NumPy 2 reads each as the same matrix.
#[test]
fn headers_of_other_writers_are_read() {
    let data: Vec<u8> = [0.5_f32, 1.0, -2.0, 4.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    for header in [
        // Python 2.
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 2L), }          \n",
        "{u'descr': u'<f4', 'fortran_order': False, 'shape': (2L, 2), }",
        "{'shape':(2,2),'descr':'<f4','fortran_order':False}",
        "{ \"descr\" : \"f4\" , 'fortran_order':\nFalse, 'shape': ( 2 ,2, ) , }",
        "{'descr': '|f4', 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': 'float32', 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': 'f', 'fortran_order': False, 'shape': (2, 2)}",
    ] {
        let matrix = open_bytes(&npy(header, &data)).unwrap_or_else(|error| panic!("{header}: {error}"));
        assert_eq!(matrix.to_embeddings().unwrap().as_slice(), [0.5, 1.0, -2.0, 4.0], "{header}");
    }
    // Format version 3 is of Python 3 alone.
    let long = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 2L)}", &data);
    let third = [b"\x93NUMPY\x03\x00", &long[8..10], &[0, 0], &long[10..]].concat();
    assert!(matches!(open_bytes(&third), Err(Error::Format { .. })));
}

#[test]
fn a_file_torn_at_any_length_is_refused() {
    let good = std::fs::read(golden("little_f8_F.npy")).unwrap();
    for length in 0..good.len() {
        assert!(matches!(open_bytes(&good[..length]), Err(Error::Format { .. })), "{length} bytes");
    }
    assert!(matches!(open_bytes(&[&good[..], &[0]].concat()), Err(Error::Format { .. })));
}

#[test]
fn a_shape_without_a_number_is_said_as_any_other() {
    let error =
        open_bytes(&npy("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", &[0; 4])).unwrap_err();
    assert!(
        error.to_string().ends_with("expected a matrix, with a shape of two numbers, found the shape []"),
        "{error}"
    );
}

#[test]
fn hostile_headers_are_refused() {
    let headers = [
        "",
        "{",
        "}",
        "{}",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'shape': (1, 1)}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1, 1)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, -1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776, 4)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551615, 18446744073709551615)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999, 1)}",
        "{'é",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1LL, 1L)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (L, 1L)}",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (1, 1)}",
    ];
    for header in headers {
        assert!(matches!(open_bytes(&npy(header, &[0; 4])), Err(Error::Format { .. })), "{header}");
    }
    let nested = "(".repeat(60_000);
    assert!(matches!(open_bytes(&npy(&nested, &[])), Err(Error::Format { .. })));
    let huge_header = [b"\x93NUMPY\x02\x00", &u32::MAX.to_le_bytes()[..], b"{}"].concat();
    assert!(matches!(open_bytes(&huge_header), Err(Error::Format { .. })));
    assert!(matches!(open_bytes(b"\x93NUMPY\x09\x00\x02\x00{}"), Err(Error::Format { .. })));
    let spaced =
        npy(r#" { "shape" : ( 1 , 1 , ) , "descr":"<f4","fortran_order":True } "#, &2.5_f32.to_le_bytes());
    assert_eq!(open_bytes(&spaced).unwrap().rows(0..1).unwrap().as_slice(), &[2.5]);
}

#[test]
fn numbers_beyond_f32_and_numbers_that_are_none_are_told_apart() {
    let header = "{'descr': '>f8', 'fortran_order': True, 'shape': (2, 2)}";
    let bytes = |last: f64| npy(header, &[1.0, 2.0, 3.0, last].map(f64::to_be_bytes).concat());
    let (_folder, path) = file_with(bytes(1e300));
    let error = NpyMatrix::open(&path).unwrap().rows(1..2).unwrap_err();
    assert!(matches!(error, Error::TooLarge { row: 1, column: 1, value: 1e300, .. }), "{error}");
    let (_folder, path) = file_with(bytes(f64::NAN));
    let error = NpyMatrix::open(&path).unwrap().to_embeddings().unwrap_err();
    assert!(matches!(error, Error::NonFinite { row: 1, column: 1, .. }), "{error}");
}

#[test]
fn ranges_and_counts_are_checked() {
    let matrix = NpyMatrix::open(golden("little_f4_C.npy")).unwrap();
    let beyond = matrix.rows(0..3);
    assert!(matches!(beyond, Err(Error::Core(ess_core::Error::RowOutOfRange { row: 2, len: 2, .. }))));
    assert!(matches!(matrix.rows(1..1), Err(Error::Core(ess_core::Error::Empty { .. }))));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.npy");
    let short = write_npy_in_batches(&path, 3, 3, Dtype::F32, matrix.batches(1));
    assert!(matches!(short, Err(Error::RowCount { expected: 3, found: 2, .. })));
    assert!(!path.exists());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]
    #[test]
    fn a_round_trip_keeps_every_bit(n in 1_usize..6, d in 1_usize..6, seed in prop::collection::vec(prop::num::f32::NORMAL, 36), batch in 1_usize..4) {
        let embeddings = Embeddings::from_vec(seed[..n * d].to_vec(), d).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("matrix.npy");
        write_npy(&path, &embeddings, Dtype::F32).unwrap();
        let again = folder.path().join("again.npy");
        let matrix = NpyMatrix::open(&path).unwrap();
        write_npy_in_batches(&again, n, d, Dtype::F32, matrix.batches(batch)).unwrap();
        prop_assert_eq!(&NpyMatrix::open(&again).unwrap().to_embeddings().unwrap(), &embeddings);
    }

    #[test]
    fn any_header_is_read_or_refused(header in "[{}()'\":,0-9<>f a-zé\\PC]{0,60}") {
        let _ = open_bytes(&npy(&header, &[0; 8]));
    }
}
