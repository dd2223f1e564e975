//! Company on the same module folder: two writers at once, readers meanwhile, and writers that are killed.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Barrier,
};

use ess_core::MatrixModule;
use ess_files::FolderLock;
use ess_search::{Attachments, Error, ModuleState, PersistentModule};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};

const ROUNDS: usize = 200;
const KILLS: usize = 50;
const DIM: usize = 64;
const FOLDER: &str = "ESS_TEST_FOLDER";
const WRITER: &str = "ESS_TEST_WRITER";

/// A module that is told from the others.
fn state(number: usize) -> ModuleState {
    MatrixModule::new(Array2::from_elem((DIM, DIM), 1.0 + number as f32)).unwrap().to_state().unwrap()
}

fn number_of(state: &ModuleState) -> usize {
    let values = state.tensors["weight"].values();
    assert!(values.iter().all(|value| *value == values[0]));
    values[0] as usize - 1
}

/// The settings of a module, of which each has its own.
fn settings(number: usize) -> Attachments {
    Attachments::default().with("config.json", &serde_json::json!({"number": number})).unwrap()
}

/// Whether it wrote: false when it was told that another is at work.
fn wrote(number: usize, folder: &Path) -> bool {
    let saved = FolderLock::acquire(folder)
        .map_err(Error::from)
        .and_then(|mut lock| state(number).save_with(&settings(number), &mut lock));
    match saved {
        Ok(()) => true,
        Err(Error::Files(ess_files::Error::Busy { .. })) => false,
        Err(error) => panic!("{error}"),
    }
}

/// The number of the module in a folder where nobody writes, whose settings must be its own.
fn found(folder: &Path) -> usize {
    let number = number_of(&ModuleState::load(folder).unwrap());
    assert_eq!(Attachments::load(folder).unwrap(), settings(number));
    if let Ok(copy) = fs::read_to_string(folder.join("config.json")) {
        let copy: serde_json::Value = serde_json::from_str(&copy).unwrap();
        assert_eq!(copy["number"], number, "config.json is of another module");
    }
    number
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn of_two_threads_one_writes_and_the_other_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let start = Barrier::new(2);
    let held = FolderLock::acquire(folder.path()).unwrap();
    assert!(!wrote(0, folder.path()), "two writers in one folder");
    drop(held);
    for round in 0..ROUNDS {
        let wrote = std::thread::scope(|scope| {
            let write = |number| {
                start.wait();
                wrote(number, folder.path())
            };
            let threads: Vec<_> = [0, 1].map(|number| scope.spawn(move || write(number))).into();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(wrote.contains(&true), "round {round}");
        let found = found(folder.path());
        assert!(wrote[found], "round {round}: {found} was told that it did not write");
        assert_eq!(files(folder.path()), 3, "round {round}");
    }
}

/// Writes what the parent process asks for; on its own it does nothing.
#[test]
fn a_writer_of_its_own() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let first: usize = std::env::var(WRITER).unwrap().parse().unwrap();
    let mut written = 0;
    for number in (first..).step_by(2).take(ROUNDS) {
        println!("at {number}");
        written += usize::from(wrote(number, Path::new(&folder)));
    }
    println!("wrote {written}");
}

fn writer(folder: &Path, first: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_writer_of_its_own", "--nocapture"])
        .env(FOLDER, folder)
        .env(WRITER, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A process that ends with the test, also with one that fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap)
}

#[test]
fn of_two_processes_one_writes_and_a_reader_always_finds_a_module() {
    let folder = tempfile::tempdir().unwrap();
    assert!(wrote(0, folder.path()));
    let writers = [writer(folder.path(), 2), writer(folder.path(), 3)];
    let writing = writers.map(|mut child| {
        std::thread::spawn(move || {
            let wrote = lines(&mut child).filter_map(|line| line.strip_prefix("wrote ")?.parse().ok()).last();
            assert!(child.wait().unwrap().success());
            wrote.unwrap()
        })
    });
    let mut read = 0;
    while writing.iter().any(|thread| !thread.is_finished()) {
        number_of(&ModuleState::load(folder.path()).unwrap());
        read += 1;
    }
    let wrote: usize = writing.into_iter().map(|thread| -> usize { thread.join().unwrap() }).sum();
    assert!(read > 0 && wrote >= ROUNDS / 2, "read {read}, wrote {wrote}");
    println!("{wrote} modules written by two processes, read {read} times, never in part");
    found(folder.path());
    assert_eq!(files(folder.path()), 3);
}

#[test]
fn a_killed_writer_leaves_the_old_module_or_the_new_and_the_next_one_cleans_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(11);
    assert!(wrote(0, folder.path()));
    let (mut leftovers, mut without_copy) = (0, 0);
    for kill in 0..KILLS {
        let mut child = Running(writer(folder.path(), 2));
        let mut lines =
            lines(&mut child.0).filter_map(|line| line.strip_prefix("at ")?.parse::<usize>().ok());
        let at = lines.nth(random.random_range(0..6)).unwrap();
        std::thread::sleep(std::time::Duration::from_micros(random.random_range(0..3000)));
        child.0.kill().unwrap();
        child.0.wait().unwrap();
        let last = lines.last().unwrap_or(at);
        let found = found(folder.path());
        // The one before the last that it was at is whole; the last may be.
        let expected = if last == 2 { [0, 2] } else { [last - 2, last] };
        assert!(expected.contains(&found), "kill {kill}: found {found}, killed at {last}");
        let copies = usize::from(folder.path().join("config.json").exists());
        leftovers += usize::from(files(folder.path()) > 2 + copies);
        without_copy += 1 - copies;
        assert!(wrote(0, folder.path()));
        assert_eq!(files(folder.path()), 3, "kill {kill}");
    }
    println!(
        "{KILLS} kills, {leftovers} with leftovers, {without_copy} with the settings in the manifest alone, none torn"
    );
    assert!(leftovers > 0, "no kill came in the middle");
}
