//! One run at a time has a checkpoint.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use ess_train::{Control, Error, Observer, ObserverError, TrainingStep};

use crate::checkpoints::{Task, run, trainer};

/// Begins the same run a second time in the middle of the first, and keeps what it said.
struct Again {
    folder: PathBuf,
    said: Mutex<Option<String>>,
}

impl Observer for Again {
    fn on_step(&self, step: &TrainingStep<'_>) -> Result<Control, ObserverError> {
        if step.step == 9 {
            let found = run(&trainer(3, Some((&self.folder, 2)), None), &Task::new(), true);
            let busy = matches!(&found, Err(Error::Files(ess_files::Error::Busy { path })) if path.ends_with("run-0.checkpoint"));
            assert!(busy, "{:?}", found.map(|_| ()));
            *self.said.lock().unwrap() = Some("busy".to_owned());
        }
        Ok(Control::Continue)
    }
}

#[test]
fn a_second_run_is_told_at_once_and_the_first_goes_on() {
    let task = Task::new();
    let alone = run(&trainer(3, None, None), &task, true).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let again = Arc::new(Again { folder: folder.path().to_owned(), said: Mutex::default() });
    let first =
        trainer(3, Some((folder.path(), 2)), None).with_observer(Arc::clone(&again) as Arc<dyn Observer>);
    assert_eq!(run(&first, &task, true).unwrap(), alone);
    assert_eq!(again.said.lock().unwrap().as_deref(), Some("busy"));
    // Over, and the lock with it.
    assert_eq!(run(&trainer(3, Some((folder.path(), 2)), None), &task, true).unwrap(), alone);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

const FOLDER: &str = "ESS_TEST_CHECKPOINTS";

/// The other process of the test below; by itself it does nothing.
#[test]
fn other_process() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let stay = Arc::new(Stay);
    let trainer = trainer(3, Some((Path::new(&folder), 1)), None).with_observer(stay as Arc<dyn Observer>);
    let _ = run(&trainer, &Task::new(), true);
}

/// Stays at a step until the process is killed.
struct Stay;

impl Observer for Stay {
    fn on_step(&self, step: &TrainingStep<'_>) -> Result<Control, ObserverError> {
        if step.step == 5 {
            std::thread::sleep(Duration::from_secs(600));
        }
        Ok(Control::Continue)
    }
}

/// A process that does not outlive the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_run_of_another_process_is_told_apart_from_one_that_was_killed() {
    let task = Task::new();
    let folder = tempfile::tempdir().unwrap();
    let mut other = Command::new(std::env::current_exe().unwrap());
    other.args(["--exact", "checkpoints::second_run::other_process"]).env(FOLDER, folder.path());
    let mut other = Running(other.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    while !folder.path().join("run-0.checkpoint").exists() {
        assert!(other.0.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(2));
    }
    let here = || run(&trainer(3, Some((folder.path(), 1)), None), &task, true);
    assert!(matches!(here(), Err(Error::Files(ess_files::Error::Busy { .. }))));
    drop(other);
    assert_eq!(here().unwrap(), run(&trainer(3, None, None), &task, true).unwrap());
}
