#![no_main]
//! Files of lines: qrels, runs, records, ids and links.

use ess_data::{Item, Query, read_ids, read_link, read_qrels, read_records, read_run};
use ess_fuzz::Folder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::new();
    let path = folder.file("file", bytes);
    let _ = (read_qrels(&path), read_run(&path), read_ids(&path), read_link(&path));
    let _ = (read_records::<Item>(&path), read_records::<Query>(&path));
});
