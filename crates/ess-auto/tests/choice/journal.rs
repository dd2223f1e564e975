//! Going on after the run was ended.

use ess_auto::Auto;
use ess_train::Progress;

use crate::generated::{World, config};

#[test]
fn a_run_goes_on_from_its_journal_and_other_inputs_begin_anew() {
    let world = World::new(60, 1);
    let (collection, train) = (world.collection(), world.queries(40, 2));
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.json");
    let fit = |train| {
        let auto = Auto::new(config()).unwrap().with_progress(Progress::Silent);
        auto.fit(&collection, train, None, Some(&journal)).unwrap()
    };
    let (module, report) = fit(&train);
    let written = std::fs::read(&journal).unwrap();
    let (again, resumed) = fit(&train);
    assert_eq!(again, module);
    assert_eq!(resumed.trials, report.trials);
    assert_eq!(std::fs::read(&journal).unwrap(), written);

    // A journal that is torn is no journal.
    std::fs::write(&journal, &written[..written.len() / 2]).unwrap();
    assert_eq!(fit(&train).0, module);

    let (other, _) = fit(&world.queries(40, 3));
    assert_ne!(other, module);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let world = World::new(60, 1);
    let (collection, train) = (world.collection(), world.queries(40, 2));
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| crate::generated::fit(&collection, &train, config()).0)
    };
    assert_eq!(with(1), with(3));
}
