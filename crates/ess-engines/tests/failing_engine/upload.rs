//! Uploads that are stopped and go on, over files that change.

use std::sync::{Arc, Mutex};

use ess_core::{Embeddings, Error as CoreError};
use ess_engines::{Engine, EngineIndex, Error, Upload, UploadRecord};
use proptest::prelude::*;

use crate::{
    items, settings,
    unreliable::{Fate, Held, Numbering, Unreliable, plans},
};

/// What outlives a process: what the engine holds, and what was written down.
#[derive(Default)]
struct Lasting {
    held: Arc<Mutex<Held>>,
    written: UploadRecord,
}

/// A process that uploads a file.
#[derive(Clone, Debug)]
struct Run {
    /// Which of some files, and how long it is.
    file: (usize, usize),
    block: usize,
    /// What becomes of its requests.
    plan: Vec<Fate>,
    /// It is killed before it writes down for this time.
    killed_at: usize,
}

impl Run {
    fn whole(file: (usize, usize)) -> Self {
        Self { file, block: 4, plan: Vec::new(), killed_at: usize::MAX }
    }

    fn items(&self) -> Embeddings {
        let (file, rows) = self.file;
        items(rows + file).select(&(file..file + rows).collect::<Vec<_>>()).unwrap()
    }

    /// How many blocks were sent.
    fn run(&self, lasting: &mut Lasting) -> Result<usize, Error> {
        let engine = Unreliable::beside(&lasting.held, Numbering::Unknown, 2, self.plan.clone());
        let (index, record) = (EngineIndex::new(engine, settings(0))?, lasting.written.clone());
        let (mut writes, mut sent, items) = (0, 0, self.items());
        let keep = |record: &UploadRecord| {
            writes += 1;
            if writes == self.killed_at {
                return Err(CoreError::external("killed"));
            }
            lasting.written = record.clone();
            Ok(())
        };
        let mut upload = Upload::begin(index, record, items.len(), keep)?;
        for first in (0..items.len()).step_by(self.block) {
            let rows: Vec<usize> = (first..items.len().min(first + self.block)).collect();
            let block = items.select(&rows)?;
            sent += usize::from(upload.store(first, &block, &format!("{:?}", block.as_slice()))?);
        }
        upload.finish()?;
        Ok(sent)
    }
}

fn holds(lasting: &Lasting, items: &Embeddings) -> bool {
    let held = lasting.held.lock().unwrap();
    held.rows.len() == items.len()
        && held
            .rows
            .iter()
            .zip(items.rows().enumerate())
            .all(|((&row, held), (at, item))| row == at as i64 && held == item)
}

fn runs() -> impl Strategy<Value = Vec<Run>> {
    let run = (0_usize..2, 1_usize..14, 1_usize..6, plans(), 1_usize..12)
        .prop_map(|(file, rows, block, plan, killed_at)| Run { file: (file, rows), block, plan, killed_at });
    proptest::collection::vec(run, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_stopped_the_last_run_leaves_the_items_of_its_file(runs in runs(), rows in 1_usize..14) {
        let mut lasting = Lasting::default();
        for run in &runs {
            match run.run(&mut lasting) {
                Ok(_) => prop_assert!(holds(&lasting, &run.items())),
                Err(error) => prop_assert!(!matches!(error, Error::NotAlone { .. }), "{}", error),
            }
        }
        let last = Run::whole((0, rows));
        last.run(&mut lasting).unwrap();
        prop_assert!(holds(&lasting, &last.items()));
        prop_assert_eq!(last.run(&mut lasting).unwrap(), 0);
    }
}

#[test]
fn what_is_stored_is_not_sent_again_and_what_changed_is() {
    let mut lasting = Lasting::default();
    let killed = Run { killed_at: 3, ..Run::whole((0, 10)) };
    let error = killed.run(&mut lasting).unwrap_err();
    assert!(matches!(error, Error::Core(CoreError::External(_))), "{error:?}");
    // Two blocks are there, and one of them is written down.
    assert_eq!((lasting.held.lock().unwrap().rows.len(), lasting.written.rows()), (8, 4));
    assert_eq!(Run::whole((0, 10)).run(&mut lasting).unwrap(), 2);
    assert_eq!(Run::whole((0, 10)).run(&mut lasting).unwrap(), 0);
    assert_eq!(Run::whole((1, 10)).run(&mut lasting).unwrap(), 3);
    // Shorter: the last block changes, and rows behind it go.
    assert_eq!(Run::whole((1, 5)).run(&mut lasting).unwrap(), 1);
    assert!(holds(&lasting, &Run::whole((1, 5)).items()));
}

#[test]
fn items_of_others_are_refused_before_any_is_overwritten() {
    let mut lasting = Lasting::default();
    Run::whole((0, 3)).run(&mut lasting).unwrap();
    lasting.written = UploadRecord::default();
    let refused = Run::whole((1, 9)).run(&mut lasting).unwrap_err();
    assert!(matches!(refused, Error::NotAlone { .. }), "{refused:?}");
    let said = refused.to_string();
    assert!(said.contains("a collection without items") && said.contains("3 items"), "{said}");
    assert!(holds(&lasting, &Run::whole((0, 3)).items()) && lasting.written == UploadRecord::default());
}

#[test]
fn items_that_went_are_stored_again_and_items_that_came_are_told() {
    let mut lasting = Lasting::default();
    Run::whole((0, 9)).run(&mut lasting).unwrap();
    // Some alone may be those of others.
    lasting.held.lock().unwrap().rows.retain(|row, _| *row < 5);
    let refused = Run::whole((0, 9)).run(&mut lasting).unwrap_err();
    assert!(
        matches!(refused, Error::NotAlone { .. }) && refused.to_string().contains("9 items"),
        "{refused}"
    );
    lasting.held.lock().unwrap().rows.clear();
    assert_eq!(Run::whole((0, 9)).run(&mut lasting).unwrap(), 3);
    let other = Unreliable::beside(&lasting.held, Numbering::Unknown, 2, Vec::new());
    other.upsert(9, &items(1)).unwrap();
    let refused = Run::whole((0, 9)).run(&mut lasting).unwrap_err();
    assert!(matches!(refused, Error::NotAlone { .. }), "{refused:?}");
    assert_eq!(lasting.held.lock().unwrap().rows.len(), 10);
}

#[test]
fn rows_that_are_missing_or_behind_the_file_are_refused() {
    let index = || EngineIndex::new(Unreliable::new(2, Vec::new()), settings(0)).unwrap();
    let begin = |rows| Upload::begin(index(), UploadRecord::default(), rows, |_: &UploadRecord| Ok(()));
    let mut upload = begin(5).unwrap();
    assert!(matches!(upload.store(3, &items(3), "c"), Err(Error::Config { name: "first_row", .. })));
    assert!(matches!(upload.store(usize::MAX, &items(3), "c"), Err(Error::Config { .. })));
    upload.store(0, &items(3), "c").unwrap();
    assert!(matches!(upload.finish(), Err(Error::Config { name: "rows of an upload", .. })));
    assert!(begin(usize::MAX).is_err());
}
