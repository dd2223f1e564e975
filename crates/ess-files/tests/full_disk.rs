//! Any file on a disk that is full.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::io::ErrorKind;

use ess_files::{Error, FileLock, FolderLock, write_atomically};
use ess_testing::SmallDisk;

const PAGE: usize = 4096;
const PAGES: usize = 16;

#[test]
fn a_full_disk_is_an_error_and_the_old_file_stays() {
    let Some(disk) = SmallDisk::mount((PAGE * PAGES) as u64) else { return };
    let path = disk.path().join("file");
    let old = vec![1; 2 * PAGE];
    let mut failures = 0;
    for pages in 0..2 * PAGES {
        // With all the room there is: beside a long file the system may be a page short.
        let _ = std::fs::remove_file(&path);
        write_atomically(&path, |file| file.write_all(&old)).unwrap();
        let new = vec![2; pages * PAGE];
        match write_atomically(&path, |file| file.write_all(&new)) {
            Ok(()) => assert_eq!(std::fs::read(&path).unwrap(), new),
            Err(Error::Io { cause, .. }) => {
                assert_eq!(cause.kind(), ErrorKind::StorageFull);
                assert_eq!(std::fs::read(&path).unwrap(), old);
                failures += 1;
            }
            Err(error) => panic!("{error}"),
        }
        assert_eq!(std::fs::read_dir(disk.path()).unwrap().count(), 1, "{pages} pages");
    }
    println!("{failures} writes on a full disk, the old file whole after each");
    assert!((PAGES..2 * PAGES).contains(&failures));
}

#[test]
fn locks_need_no_room() {
    let Some(disk) = SmallDisk::mount((PAGE * PAGES) as u64) else { return };
    std::fs::write(disk.path().join("filler"), vec![1; 2 * PAGES * PAGE]).unwrap_err();
    drop(FileLock::acquire(&disk.path().join("file")).unwrap());
    drop(FolderLock::acquire(disk.path()).unwrap());
    assert_eq!(std::fs::read_dir(disk.path()).unwrap().count(), 1);
}
