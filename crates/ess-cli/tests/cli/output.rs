//! What becomes of a program's output where it cannot go, and of a program that is told to stop.

use std::{
    io::Read,
    process::{Command, Stdio},
};

use ess_core::{Embeddings, Ids};
use ess_data::{Dtype, write_ids, write_npy};

use crate::{
    program::{command, read_json, run, run_with},
    small_data::SmallData,
};

/// `two.npy` and `two.txt`, for `import`.
fn write_matrix(data: &SmallData) {
    let matrix = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]]).unwrap();
    write_npy(data.path("two.npy"), &matrix, Dtype::F32).unwrap();
    write_ids(data.path("two.txt"), &Ids::new(vec!["a".into(), "b".into()]).unwrap()).unwrap();
}

/// Every program that says something on small data, with arguments by which it succeeds.
fn talking(data: &SmallData) -> Vec<(&'static str, Vec<String>)> {
    write_matrix(data);
    let at = |name: &str| data.text(name);
    let folder = data.path("").to_str().unwrap().to_owned();
    let judged = ["--embeddings", &folder, "--qrels", &at("qrels.tsv")].map(str::to_owned);
    let text =
        |arguments: &[&str]| arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>();
    vec![
        ("evaluate", judged.to_vec()),
        ("calibrate", [&judged[..], &text(&["--out", &at("link.json")])].concat()),
        (
            "train",
            [
                &text(&["--embeddings", &folder, "--train", &at("qrels.tsv"), "--max-steps", "2"])[..],
                &text(&["--out", &at("new module")]),
            ]
            .concat(),
        ),
        ("export", text(&["--module", &at("module"), "--dense", &at("dense")])),
        ("import-dense", text(&["--dense", &at("dense"), "--out", &at("dense module")])),
        (
            "import",
            text(&["--npy", &at("two.npy"), "--ids", &at("two.txt"), "--out", &at("two.safetensors")]),
        ),
        ("index", text(&["build", "--items", &at("corpus.safetensors"), "--out", &at("items.index")])),
        ("index", text(&["info", "--index", &at("items.index")])),
        ("index", text(&["search", "--index", &at("items.index"), "--queries", &at("queries.safetensors")])),
    ]
}

fn ended(name: &str, arguments: &[String], out: Stdio) -> (Option<i32>, String) {
    let mut child = command(name).args(arguments).stdout(out).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), said)
}

#[test]
fn a_closed_pipe_ends_a_program_quietly_and_a_full_disk_with_a_message() {
    let data = SmallData::new(4, 4);
    data.train(&[]).succeeded();
    for (name, arguments) in talking(&data) {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (code, said) = ended(name, &arguments, writer.into());
        assert!(!said.contains("panicked") && !said.contains("Error"), "{name} {arguments:?}: {said}");
        assert_eq!(code, Some(141), "{name} {arguments:?}: {said}");
        if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
            let (code, said) = ended(name, &arguments, full.into());
            assert!(!said.contains("panicked") && said.contains("standard output"), "{name}: {said}");
            assert_eq!(code, Some(1), "{name}: {said}");
        }
    }
}

#[test]
fn help_that_cannot_be_written_ends_a_program_as_other_output_does() {
    for line in ["--help", "--version", "train -h", "completions bash"] {
        assert_eq!(ended(line, &[], Stdio::null()), (Some(0), String::new()), "{line}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(ended(line, &[], writer.into()), (Some(141), String::new()), "{line}");
        if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
            let (code, said) = ended(line, &[], full.into());
            assert!(said.starts_with("Error: standard output: "), "{line}: {said}");
            assert_eq!(code, Some(1), "{line}");
        }
    }
}

#[test]
fn a_dash_is_standard_output_and_all_else_goes_to_standard_error() {
    let data = SmallData::new(4, 4);
    data.train(&[]).succeeded();
    for (name, arguments) in talking(&data) {
        let file = data.text("results.json");
        let run = |json: &str| {
            let json = ["--json".to_owned(), json.to_owned()];
            command(name).args(&arguments).args(json).output().unwrap()
        };
        let (to_file, to_stdout) = (run(&file), run("-"));
        assert!(to_file.status.success() && to_stdout.status.success(), "{name}: {to_stdout:?}");
        let found: serde_json::Value = serde_json::from_slice(&to_stdout.stdout).unwrap();
        let expected = read_json(data.path("results.json").as_path());
        let names = |value: &serde_json::Value| {
            value.as_object().map(|members| members.keys().cloned().collect::<Vec<_>>())
        };
        assert_eq!(names(&found), names(&expected), "{name}");
        let said = |out: &[u8]| String::from_utf8_lossy(out).lines().count();
        assert!(said(&to_stdout.stderr) >= said(&to_file.stdout), "{name}: {to_stdout:?}");
        assert!(!std::path::Path::new("-").exists());
    }
}

/// A program that ends with the test, also with one that fails.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A training of so many steps that it is at work when a signal comes.
#[cfg(unix)]
fn endless(data: &SmallData) -> Command {
    let config = data.path("config.json");
    std::fs::write(&config, r#"{"max_steps": 100000000, "patience": 100000000}"#).unwrap();
    let mut train = command("train");
    train.args(["--embeddings", &data.text(""), "--train", &data.text("qrels.tsv"), "--quiet"]);
    train.arg("--config").arg(&config).args(["--out", &data.text("module")]);
    train
}

/// Starts a training, and waits until it has the folder of the module.
#[cfg(unix)]
fn at_work(data: &SmallData, mut train: Command) -> Running {
    let mut child = Running(train.stderr(Stdio::null()).spawn().unwrap());
    while !data.path("module/.ess-writer.lock").exists() {
        assert!(child.0.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child
}

#[cfg(unix)]
fn send(child: &Running, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.0.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[cfg(target_os = "linux")]
#[test]
fn a_closed_terminal_ends_a_program_cleanly_unless_it_was_started_to_ignore_that() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    if u64::from_str_radix(ignored.trim(), 16).unwrap() & 1 == 1 {
        println!("these tests were started by nohup: nothing that they start hears SIGHUP");
        return;
    }
    let data = SmallData::new(4, 4);
    let mut child = at_work(&data, endless(&data));
    send(&child, "-HUP");
    assert_eq!(child.0.wait().unwrap().code(), Some(129));
    assert_eq!(std::fs::read_dir(data.path("module")).unwrap().count(), 0);

    // As `nohup` starts a program.
    let train = endless(&data);
    let mut ignoring = Command::new("sh");
    ignoring.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(train.get_program()).args(train.get_args());
    let mut child = at_work(&data, ignoring);
    send(&child, "-HUP");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(child.0.try_wait().unwrap().is_none());
    send(&child, "-TERM");
    assert_eq!(child.0.wait().unwrap().code(), Some(143));
}

#[cfg(unix)]
#[test]
fn a_program_that_is_interrupted_cleans_up_and_says_so_by_its_status() {
    let data = SmallData::new(4, 4);
    let (out, lock) = (data.path("module"), data.path("module/.ess-writer.lock"));
    let mut child = at_work(&data, endless(&data));
    // A second one is told at once, and the first goes on.
    data.train(&[]).failed_with(&["another writer is at work"]);
    assert!(lock.exists());
    send(&child, "-INT");
    assert_eq!(child.0.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
    data.train(&[]).succeeded();
}

/// Names of files that no program should leave.
fn leftovers(folder: &std::path::Path) -> Vec<String> {
    let names =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(".ess-") || name.contains("0123456789abcdef")).collect()
}

#[test]
fn what_killed_programs_left_goes_with_the_next_run() {
    let data = SmallData::new(4, 4);
    let at = |name: &str| data.text(name);
    write_matrix(&data);
    for out in ["items.index", "two.safetensors"] {
        // Of this version, and of those before it.
        for left in ["partial", "lock"] {
            std::fs::write(data.path(&format!(".ess-{out}.{left}")), vec![0; 1000]).unwrap();
        }
        std::fs::write(data.path(&format!(".ess-{out}-a1B2c3.partial")), vec![0; 1000]).unwrap();
    }
    std::fs::create_dir(data.path("module")).unwrap();
    std::fs::write(data.path("module/.ess-writer.lock"), "weights-0123456789abcdef.safetensors\n").unwrap();
    std::fs::write(data.path("module/weights-0123456789abcdef.safetensors"), vec![0; 1000]).unwrap();
    std::fs::write(data.path("module/.ess-module.json.partial"), "{").unwrap();
    std::fs::write(data.path("module/mine.json"), "{}").unwrap();

    run("index", ["build", "--items", &at("corpus.safetensors"), "--out", &at("items.index")]).succeeded();
    run("import", ["--npy", &at("two.npy"), "--ids", &at("two.txt"), "--out", &at("two.safetensors")])
        .succeeded();
    data.train(&[]).succeeded();
    assert_eq!(leftovers(&data.path("")), [""; 0]);
    assert_eq!(leftovers(&data.path("module")), [""; 0]);
    assert!(data.path("module/mine.json").exists());
}

/// Ctrl-C in the middle of a file: its partial form goes with the lock, and what was there before stays.
#[cfg(unix)]
#[test]
fn a_program_that_is_interrupted_as_it_writes_leaves_the_file_as_it_was() {
    const TRIES: usize = 20;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (out, old) = (folder.path().join("out"), b"what was there");
    std::fs::create_dir(&out).unwrap();
    // So many that writing them takes longer than sending a signal.
    let rows = 160_000;
    let matrix = Embeddings::from_vec(vec![0.5; rows * 64], 64).unwrap();
    write_npy(at("items.npy"), &matrix, Dtype::F32).unwrap();
    write_ids(at("items.txt"), &Ids::new((0..rows).map(|row| row.to_string()).collect()).unwrap()).unwrap();
    let (store, partial) = (out.join("items.safetensors"), out.join(".ess-items.safetensors.partial"));
    let interrupted = (0..TRIES).any(|_| {
        std::fs::write(&store, old).unwrap();
        let child = command("import")
            .args(["--npy", &at("items.npy"), "--ids", &at("items.txt"), "--quiet"])
            .args(["--out", store.to_str().unwrap()])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut child = Running(child);
        while !partial.exists() && child.0.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        // It may have ended by now.
        let _ = Command::new("kill").args(["-INT", &child.0.id().to_string()]).status();
        let status = child.0.wait().unwrap().code();
        let left: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["items.safetensors"]);
        let is_old = std::fs::read(&store).unwrap() == old;
        assert!(if is_old { status == Some(130) } else { status.is_some() }, "{status:?}");
        is_old
    });
    assert!(interrupted, "every signal came too late");
}

#[test]
fn an_error_is_said_with_its_causes_and_without_a_backtrace() {
    let data = SmallData::new(4, 4);
    let module = data.text("nowhere");
    std::fs::create_dir(&module).unwrap();
    std::fs::write(data.path("nowhere/module.json"), "{").unwrap();
    let (folder, qrels) = (data.text(""), data.text("qrels.tsv"));
    let own = ["--embeddings", &folder, "--qrels", &qrels, "--module", &module];
    let backtrace = [("RUST_BACKTRACE", "1")];
    let said = run_with("evaluate", own, &backtrace).stderr;
    assert!(said.starts_with("Error: ") && said.contains("nowhere"), "{said}");
    assert!(said.lines().skip(1).all(|line| line.starts_with("  caused by: ")), "{said}");
    std::fs::write(data.path("settings.json"), r#"{"trainer": {"sed": 3}}"#).unwrap();
    let settings = data.text("settings.json");
    let train = ["--embeddings", &folder, "--train", &qrels, "--out", &module, "--config", &settings];
    let said = run_with("train", train, &backtrace).stderr;
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].contains("settings.json") && lines[1].contains("`sed`"), "{said}");
    for (name, arguments) in talking(&data).into_iter().filter(|(name, _)| *name != "calibrate") {
        let elsewhere = data.text("elsewhere/");
        let wrong = arguments.iter().map(|argument| argument.replace(&data.text(""), &elsewhere));
        let said = run_with(name, wrong, &backtrace).stderr;
        assert!(said.starts_with("error: ") && said.contains("found nothing"), "{name}: {said}");
        assert!(!said.to_lowercase().contains("backtrace"), "{name}: {said}");
    }
}
