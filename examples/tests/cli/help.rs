//! Every program says what it does and what it takes.

use crate::program::run;

/// The programs that this build has.
fn built(program: &str) -> bool {
    !["encode", "distil"].contains(&program) || cfg!(feature = "encoders")
}

#[test]
fn every_program_explains_its_arguments() {
    let programs: [(&str, &[&str]); 14] = [
        ("quickstart", &["--seed", "--out", "--json"]),
        (
            "train",
            &[
                "--embeddings",
                "--train",
                "--dev",
                "--module",
                "--budget",
                "--beir",
                "--loss",
                "--seed",
                "--out",
                "--json",
            ],
        ),
        (
            "evaluate",
            &["--embeddings", "--qrels", "--module", "--beir", "--train", "--run", "--write-run", "--json"],
        ),
        (
            "compare_auto",
            &[
                "--data",
                "--budget",
                "--plot-budgets",
                "--peers",
                "--config",
                "--cells",
                "--quiet",
                "--out",
                "--json",
            ],
        ),
        ("compare_hybrid", &["--data", "--depth", "--cells", "--seed", "--quiet", "--out", "--json"]),
        ("custom_module", &["--seed", "--quiet", "--json"]),
        (
            "calibrate",
            &["--embeddings", "--qrels", "--test", "--module", "--method", "--out", "--plot", "--json"],
        ),
        ("compare_modules", &["--data", "--system", "--peers", "--cells", "--seed", "--out", "--json"]),
        ("export", &["--module", "--dense", "--npy", "--json"]),
        ("import_dense", &["--dense", "--npy", "--out", "--json"]),
        ("index", &["build", "search", "tune", "compact", "info"]),
        ("import", &["--npy", "--ids", "--out", "--json"]),
        (
            "encode",
            &["--model", "--beir", "--out", "--layers", "--states", "--max-tokens", "--device", "--json"],
        ),
        ("distil", &["--model", "--out", "--texts", "--dim", "--json"]),
    ];
    for (name, flags) in programs.into_iter().filter(|(name, _)| built(name)) {
        let help = run(name, ["--help"]).succeeded();
        assert!(help.stderr.is_empty(), "{name}: {}", help.stderr);
        assert!(help.stdout.contains(&format!("Usage: {name}")), "{}", help.stdout);
        for flag in flags {
            assert!(help.stdout.contains(flag), "{name} does not explain {flag}:\n{}", help.stdout);
        }
    }
}

#[test]
fn an_argument_that_no_program_has_is_refused_before_work() {
    let programs = [
        "quickstart",
        "train",
        "evaluate",
        "custom_module",
        "calibrate",
        "compare_auto",
        "compare_hybrid",
        "compare_modules",
        "export",
        "import_dense",
        "index",
        "import",
        "encode",
        "distil",
    ];
    for name in programs.into_iter().filter(|name| built(name)) {
        run(name, ["--no-such-flag"]).failed_with(&["--no-such-flag", "--help"]);
    }
}

#[test]
fn every_program_that_shows_a_bar_can_be_told_not_to() {
    let programs: [&[&str]; 13] = [
        &["quickstart"],
        &["train"],
        &["evaluate"],
        &["custom_module"],
        &["calibrate"],
        &["compare_auto"],
        &["compare_hybrid"],
        &["compare_modules"],
        &["import"],
        &["index", "build"],
        &["index", "tune"],
        &["encode"],
        &["distil"],
    ];
    for program in programs.into_iter().filter(|program| built(program[0])) {
        let help = run(program[0], program[1..].iter().chain([&"--help"])).succeeded();
        assert!(help.stdout.contains("--quiet"), "{program:?}:\n{}", help.stdout);
    }
}
