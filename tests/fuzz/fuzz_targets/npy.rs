#![no_main]
//! NumPy's matrices.

use ess_core::Embeddings;
use ess_data::{Dtype, NpyMatrix, write_npy};
use ess_fuzz::{Folder, file_of, keep_seeds};
use libfuzzer_sys::fuzz_target;

fn seeds() -> [(String, Vec<u8>); 3] {
    let matrix = Embeddings::from_rows(&[[1.0, -2.0], [0.5, 0.25], [3.0, 0.0]]).expect("embeddings");
    let written = |dtype| file_of(|path| write_npy(path, &matrix, dtype).expect("a matrix"));
    // As Python 2 wrote the numbers of rows.
    let old =
        b"\x93NUMPY\x01\x00\x47\x00{'descr': '>f8', 'fortran_order': True, 'shape': (2L, 1L), }          \n";
    let old = [&old[..], &1.0_f64.to_be_bytes(), &2.0_f64.to_be_bytes()].concat();
    [("f32".into(), written(Dtype::F32)), ("f16".into(), written(Dtype::F16)), ("fortran".into(), old)]
}

fuzz_target!(init: keep_seeds("npy", seeds()), |bytes: &[u8]| {
    let folder = Folder::new();
    let Ok(matrix) = NpyMatrix::open(folder.file("matrix.npy", bytes)) else { return };
    let read = matrix.batches(2).try_for_each(|batch| batch.map(drop));
    let Ok(all) = matrix.to_embeddings() else { return };
    assert!(read.is_ok(), "whole, but not in batches: {read:?}");
    let again = folder.path().join("again.npy");
    write_npy(&again, &all, Dtype::F32).expect("a matrix that was read");
    assert_eq!(NpyMatrix::open(&again).and_then(|again| again.to_embeddings()).expect("what was written"), all);
});
