#![no_main]
//! Files of images, as a tiny model's processor takes them.

use ess_encoders::ImageFileEncoder;
use ess_fuzz::{Folder, golden, keep_seeds, let_panics_be_caught, uncaught};
use libfuzzer_sys::fuzz_target;

fn seeds() -> impl Iterator<Item = (String, Vec<u8>)> {
    let folder = std::fs::read_dir(golden("images")).expect("golden images");
    let paths = folder.map(|entry| entry.expect("a golden image").path());
    let images = paths.filter(|path| path.extension().is_none_or(|end| end != "json"));
    images.map(|path| {
        let name = path.file_name().expect("a golden image has a name").to_string_lossy().into_owned();
        (name, std::fs::read(&path).expect("a golden image"))
    })
}

fuzz_target!(init: { let_panics_be_caught(); keep_seeds("images", seeds()) }, |bytes: &[u8]| {
    thread_local! {
        static ENCODER: ImageFileEncoder =
            ImageFileEncoder::load(golden("architectures/clip")).expect("the tiny model");
    }
    let folder = Folder::new();
    let path = folder.file("image", bytes);
    ENCODER.with(|encoder| uncaught(|| {
        if let Ok(pixels) = encoder.pixels(&path) {
            assert!(pixels.iter().all(|value| value.is_finite()), "pixels are numbers");
        }
    }));
});
