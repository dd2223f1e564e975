//! How a bench that is not Criterion's hands its figures to `benches/compare.py`.

use std::{fs::OpenOptions, io::Write};

/// Appends what one unit of a case takes, in CPU-seconds, and the recall reached, to the file that `ESS_FIGURES` names, if it
/// names one: a line of JSON.
///
/// # Errors
/// Those of the file.
pub fn figure(case: &str, seconds: f64, recall: f64) -> std::io::Result<()> {
    let Some(path) = std::env::var_os("ESS_FIGURES") else { return Ok(()) };
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    writeln!(file, "{{\"case\":{case:?},\"who\":\"ESS\",\"seconds\":{seconds:e},\"recall\":{recall}}}")
}
