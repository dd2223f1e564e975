#![no_main]
//! Weights of a tiny model: a file of `torch.save`, or the header of a safetensors file whose numbers are right.

use ess_core::QueryEncoder;
use ess_encoders::SentenceEncoder;
use ess_fuzz::{Folder, copy_golden, golden, keep_seeds, let_panics_be_caught, uncaught};
use libfuzzer_sys::fuzz_target;

const MODEL: &str = "tiny/bert";
const SAFETENSORS: &str = "model.safetensors";

/// The header of the model's own weights, and what is behind it.
fn own() -> (Vec<u8>, Vec<u8>) {
    let file = std::fs::read(golden(MODEL).join(SAFETENSORS)).expect("the tiny model's weights");
    let length = file.first_chunk().map_or(0, |length| u64::from_le_bytes(*length)) as usize;
    (file[8..8 + length].to_vec(), file[8 + length..].to_vec())
}

fn seeds() -> impl Iterator<Item = (String, Vec<u8>)> {
    let torch = ["zip.bin", "legacy.bin"].into_iter().map(|name| {
        (name.to_owned(), std::fs::read(golden("torch").join(name)).expect("weights of torch.save"))
    });
    torch.chain([("header".to_owned(), own().0)])
}

fn load(file: &str, bytes: &[u8]) {
    let folder = Folder::new();
    copy_golden(MODEL, &folder);
    std::fs::remove_file(folder.path().join(SAFETENSORS)).expect("the tiny model's weights");
    folder.file(file, bytes);
    uncaught(|| {
        if let Ok(encoder) = SentenceEncoder::load(folder.path()) {
            let _ = encoder.encode_queries(&["the cat sat"]);
        }
    });
}

fuzz_target!(init: { let_panics_be_caught(); keep_seeds("weights", seeds()) }, |bytes: &[u8]| {
    match bytes.first() {
        Some(b'{') => {
            let length = (bytes.len() as u64).to_le_bytes();
            load(SAFETENSORS, &[&length[..], bytes, &own().1].concat());
        }
        _ => load("pytorch_model.bin", bytes),
    }
});
