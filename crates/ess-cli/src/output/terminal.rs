//! What a program says to its user, and how it ends when nobody listens or it is told to stop.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
    sync::{PoisonError, RwLock},
};

/// The status of a program that writes to a pipe which nobody reads any more: 128 and the number of SIGPIPE.
const BROKEN_PIPE: i32 = 141;

/// Says how a command ended: status 0, or status 1 and the error with what caused it, one a line. A backtrace is for panics.
pub(crate) fn report(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(Causes(&error));
            ExitCode::FAILURE
        }
    }
}

/// Says what is wrong with a command line, or gives the help that it asks for, and ends as [`show`] does where that cannot be
/// written.
pub(crate) fn refuse(error: &clap::Error) -> ExitCode {
    let written = error.print();
    if !error.use_stderr() {
        end_unless_written(written.and_then(|()| io::stdout().flush()));
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(u8::MAX))
}

/// An error and what caused it. A cause that the line above ends with already is not said again.
struct Causes<'a>(&'a anyhow::Error);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut above = self.0.to_string();
        writeln!(f, "Error: {above}")?;
        for cause in self.0.chain().skip(1).map(ToString::to_string) {
            if !above.ends_with(&cause) {
                writeln!(f, "  caused by: {cause}")?;
            }
            above = cause;
        }
        Ok(())
    }
}

/// On Unix, Ctrl-C and a request to end remove what is half written before they end the process, with the status 128 and the
/// signal's number; on Linux a terminal that is closed does too, unless `nohup` started the process. Elsewhere the system ends the process, and the next write removes what was half written.
///
/// # Panics
/// When the system has no thread left.
pub(crate) fn end_cleanly_on_signals() {
    #[cfg(unix)]
    {
        use signal_hook::{consts, iterator::Signals, low_level::exit};
        let mut ends = consts::TERM_SIGNALS.to_vec();
        if hears_hangups() {
            ends.push(consts::SIGHUP);
        }
        let Ok(mut signals) = Signals::new(ends) else { return };
        std::thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                let _stopped = ess_files::stop_writing();
                exit(128 + signal);
            }
        });
    }
}

/// Whether SIGHUP ends this process, as far as the system says: `nohup` starts one that ignores it.
#[cfg(unix)]
fn hears_hangups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    // A bit for each signal, from the lowest on, of which SIGHUP is the first.
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 0)
}

/// Who hears what is said on the terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Listener {
    /// Standard output.
    StandardOutput,
    /// Standard error, for standard output has the results that `--json -` asks for.
    StandardError,
    /// Nobody: `--quiet`.
    Nobody,
}

static LISTENER: RwLock<Listener> = RwLock::new(Listener::StandardOutput);

/// Says who hears what is said from now on; until then, standard output.
pub(crate) fn listen(listener: Listener) {
    *LISTENER.write().unwrap_or_else(PoisonError::into_inner) = listener;
}

/// Prints a text. When nobody reads it any more the program ends, as others do; when it cannot be written, with a
/// message and status 1.
pub(crate) fn show(text: impl fmt::Display) {
    match *LISTENER.read().unwrap_or_else(PoisonError::into_inner) {
        Listener::StandardOutput => write_out(&text),
        Listener::StandardError => note(text),
        Listener::Nobody => {}
    }
}

/// Prints a text on standard error. That it cannot be written is no reason to end.
pub(crate) fn note(text: impl fmt::Display) {
    let _ = write!(io::stderr().lock(), "{text}");
}

/// Prints a text on standard output, whoever listens.
pub(crate) fn write_out(text: &dyn fmt::Display) {
    let mut out = io::stdout().lock();
    end_unless_written(write!(out, "{text}").and_then(|()| out.flush()));
}

/// Ends the process where standard output was not written.
fn end_unless_written(written: io::Result<()>) {
    if let Err(error) = written {
        let _stopped = ess_files::stop_writing();
        if error.kind() == io::ErrorKind::BrokenPipe {
            std::process::exit(BROKEN_PIPE);
        }
        note(format_args!("Error: standard output: {error}\n"));
        std::process::exit(1);
    }
}

/// Prints a line as `println!` does, by [`show`]: a closed pipe or a full disk is no panic.
macro_rules! say {
    () => { $crate::output::terminal::show("\n") };
    ($format:literal $($arguments:tt)*) => {
        $crate::output::terminal::show(format_args!("{}\n", format_args!($format $($arguments)*)))
    };
}

/// Prints a line on standard error as `eprintln!` does, by [`note`].
macro_rules! note {
    ($format:literal $($arguments:tt)*) => {
        $crate::output::terminal::note(format_args!("{}\n", format_args!($format $($arguments)*)))
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_said_with_its_causes_and_nothing_twice() {
        let error =
            anyhow::anyhow!("line 3: expected a number").context("run.txt: line 3: expected a number");
        assert_eq!(Causes(&error).to_string(), "Error: run.txt: line 3: expected a number\n");
        let error = anyhow::anyhow!("no such file").context("a.txt").context("the run file");
        let expected = "Error: the run file\n  caused by: a.txt\n  caused by: no such file\n";
        assert_eq!(Causes(&error).to_string(), expected);
    }
}
