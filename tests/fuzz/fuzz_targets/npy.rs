#![no_main]
//! NumPy's matrices.

use ess_data::NpyMatrix;
use ess_fuzz::Folder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::new();
    if let Ok(matrix) = NpyMatrix::open(folder.file("matrix.npy", bytes)) {
        let _ = matrix.to_embeddings();
    }
});
