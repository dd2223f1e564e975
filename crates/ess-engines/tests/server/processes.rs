//! Processes that open a collection and add to it at once, one of which dies.

use std::{
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
};

use ess_core::{Index, MutableIndex};
use ess_engines::{Engine, EngineIndex};

use super::{
    Restarts,
    numbered::{held, numbered},
    until,
};

const ADDITIONS: usize = 25;
const ITEMS: usize = 3;

/// A process that does not outlive the test.
pub(crate) struct Killed(Child);

impl Killed {
    /// This program with one of its ignored tests, told by variables what to do.
    pub(crate) fn test(name: &str, told: &[(&str, &str)]) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this program"));
        process.args(["--ignored", "--exact", "--nocapture", name]).envs(told.iter().copied());
        // Why it failed is read on the standard error.
        Self(process.stdout(Stdio::null()).spawn().expect("this program once more"))
    }

    pub(crate) fn kill(&mut self) {
        // It may be dead already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Adds items that no other process has, and writes down those that were promised: row and number.
pub(crate) fn add_as_told<E: Engine>(mut index: EngineIndex<E>) {
    let told = |name| std::env::var(name).expect("told by the test that started this process");
    let writer: usize = told("ESS_TEST_WRITER").parse().expect("a number");
    let mut promised = std::fs::File::create(told("ESS_TEST_PROMISED")).expect("a file");
    for addition in 0..ADDITIONS {
        let first = writer * 1000 + addition * ITEMS;
        let rows = index.add(&numbered(first..first + ITEMS)).expect("items that were added");
        let lines: String = rows.zip(first..).map(|(row, number)| format!("{row} {number}\n")).collect();
        promised.write_all(lines.as_bytes()).expect("lines");
    }
}

/// The whole lines that a process wrote down.
fn promises(path: &Path) -> Vec<(usize, usize)> {
    let written = std::fs::read_to_string(path).unwrap_or_default();
    let whole = written.rfind('\n').map_or("", |end| &written[..end]);
    whole
        .lines()
        .map(|line| line.split_once(' ').expect("row and number"))
        .map(|(row, number)| (row.parse().expect("a row"), number.parse().expect("a number")))
        .collect()
}

/// Opens a collection, which need not be there, from three processes at once, which then add at once; one is killed. `test`
/// is the test that opens what `told` says and calls [`add_as_told`].
pub(crate) fn processes_that_add_at_once_lose_nothing<S: Restarts>(
    server: &S,
    config: &S::Config,
    test: &str,
    told: &[(&str, &str)],
) {
    let folder = tempfile::tempdir().expect("a folder");
    let files: Vec<_> = (0..3).map(|writer| folder.path().join(writer.to_string())).collect();
    let start = |writer: usize| {
        let (number, file) = (writer.to_string(), files[writer].to_str().expect("a name in UTF-8"));
        let own = [("ESS_TEST_WRITER", number.as_str()), ("ESS_TEST_PROMISED", file)];
        Killed::test(test, &[told, &own].concat())
    };
    let mut processes: Vec<Killed> = (0..3).map(start).collect();
    until(|| promises(&files[0]).len() >= 5 * ITEMS);
    processes[0].kill();
    for process in &mut processes[1..] {
        assert!(process.0.wait().expect("a process").success());
    }
    let promised: Vec<(usize, usize)> = files.iter().flat_map(|file| promises(file)).collect();
    assert!(promised.len() >= (2 * ADDITIONS + 5) * ITEMS, "{}", promised.len());
    let mut index = server.open(config).expect("the collection");
    let held = held(&index);
    let lost: Vec<_> = promised.iter().filter(|item| !held.contains(item)).collect();
    assert!(lost.is_empty(), "of {}: {lost:?}", promised.len());
    // What the process that died stored of its last addition is there or not.
    assert!((promised.len()..=promised.len() + ITEMS).contains(&index.len()), "{}", index.len());
    let rows = index.rows();
    assert!(index.add(&numbered(0..1)).expect("one more").start >= rows);
}
