#![no_main]
//! Index files of every kind, in memory and mapped.

use ess_fuzz::Folder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::new();
    let path = folder.file("items.index", bytes);
    let _ = (ess_index::open(&path), ess_index::kind(&path), ess_index::ids::<String>(&path));
    let _ = ess_index::open_mapped(&path);
});
