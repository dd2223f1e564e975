//! A module folder on a disk that is full.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{fs, io::ErrorKind, path::Path};

use ess_core::MatrixModule;
use ess_search::{Error, ModuleState, PersistentModule};
use ess_testing::SmallDisk;
use ndarray::Array2;

const PAGE: usize = 4096;
const PAGES: usize = 40;

fn state(value: f32) -> ModuleState {
    MatrixModule::new(Array2::from_elem((64, 64), value)).unwrap().to_state().unwrap()
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

/// Writes as much as there is room for.
fn fill(path: &Path) -> u64 {
    let full = fs::write(path, vec![1; 2 * PAGES * PAGE]).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::StorageFull);
    fs::metadata(path).unwrap().len()
}

#[test]
fn a_full_disk_is_an_error_and_the_old_module_stays() {
    let Some(disk) = SmallDisk::mount((PAGE * PAGES) as u64) else { return };
    let (folder, filler) = (disk.path().join("module"), disk.path().join("filler"));
    let (old, new) = (state(1.0), state(2.0));
    let mut failures = 0;
    for pages in 0..PAGES / 2 {
        old.save(&folder).unwrap();
        let room = fill(&filler);
        fs::OpenOptions::new()
            .write(true)
            .open(&filler)
            .unwrap()
            .set_len(room - (pages * PAGE) as u64)
            .unwrap();
        match new.save(&folder) {
            Ok(()) => assert_eq!(ModuleState::load(&folder).unwrap(), new, "{pages} pages"),
            Err(Error::Files(ess_files::Error::Io { cause, .. })) => {
                assert_eq!(cause.kind(), ErrorKind::StorageFull, "{pages} pages");
                assert_eq!(ModuleState::load(&folder).unwrap(), old, "{pages} pages");
                failures += 1;
            }
            Err(error) => panic!("{pages} pages: {error}"),
        }
        assert_eq!(files(&folder), 2, "{pages} pages");
        fs::remove_file(&filler).unwrap();
    }
    println!("{failures} saves on a full disk, the old module whole after each");
    assert!(failures > 2 && failures < PAGES / 2);
}
