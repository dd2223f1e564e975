//! What is measured without searching: run files of any system.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use ess_data::read_run_and_order;
use ess_metrics::Run;

/// The runs of some files, each with a name of its own: the run's tag, or the file where another has the same tag.
pub(crate) fn read_all(files: &[PathBuf], ignore_identical_ids: bool, taken: &[String]) -> Result<Vec<Run>> {
    let mut runs = Vec::with_capacity(files.len());
    for file in files {
        let (run, rises) = read_run_and_order(file)?;
        runs.push(run);
        if rises {
            note!(
                "warning: {}: scores rise with the rank, as distances do; the larger score is ranked first, whatever the rank says",
                file.display()
            );
        }
    }
    let tags: Vec<String> = runs.iter().map(|run| run.name().to_owned()).collect();
    for (run, file) in runs.iter_mut().zip(files) {
        let same = tags.iter().filter(|tag| *tag == run.name()).count();
        if same > 1 || taken.iter().any(|name| name == run.name()) {
            run.set_name(file.display().to_string());
        }
        if ignore_identical_ids {
            run.leave_out_identical_ids();
        }
    }
    for (at, run) in runs.iter().enumerate() {
        let again = runs[..at].iter().any(|other| other.name() == run.name());
        ensure!(!again && !taken.iter().any(|name| name == run.name()), "{} is given twice", run.name());
    }
    Ok(runs)
}

/// Which system the others are compared with: the one of this name or of this run file, the first without either.
pub(crate) fn baseline(asked: Option<&str>, names: &[&str], files: &[PathBuf]) -> Result<usize> {
    let Some(asked) = asked else {
        return Ok(0);
    };
    let by_name = names.iter().position(|name| *name == asked);
    // Files come last.
    let by_file = files.iter().position(|file| file == Path::new(asked));
    let found = by_name.or(by_file.map(|at| names.len() - files.len() + at));
    found.ok_or_else(|| anyhow::anyhow!("--baseline {asked}: expected one of {}", names.join(", ")))
}
