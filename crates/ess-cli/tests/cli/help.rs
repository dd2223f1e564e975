//! Every program says what it does and what it takes.

use crate::program::{command, run};

/// The programs that this build has.
fn built(program: &str) -> bool {
    let of_encoders = [
        "encode",
        "distil",
        "import-words",
        "rerank",
        "train-encoder",
        "train-cross-encoder",
        "train-rocketqa",
        "merge",
        "verify",
        "device",
    ];
    (!of_encoders.contains(&program) || cfg!(feature = "encoders"))
        && (program != "fetch" || cfg!(feature = "object-store"))
        && (program != "serve-embeddings" || cfg!(feature = "serve"))
        && (!program.contains("relations") || cfg!(feature = "relations"))
}

/// Programs, and words of their help.
const PROGRAMS: &[(&str, &str)] = &[
    ("train", "--embeddings --train --dev --module --budget --beir --loss --seed --out --json"),
    ("evaluate", "--embeddings --qrels --module --beir --train --run --write-run --json"),
    (
        "compare auto",
        "--data --measure --budget --plot-budgets --peers --config --cells --quiet --out --json",
    ),
    ("compare hybrid", "--data --measure --depth --cells --seed --quiet --out --json"),
    ("calibrate", "--embeddings --qrels --test --module --method --out --plot --json"),
    ("compare modules", "--data --measure --system --peers --cells --seed --out --json"),
    (
        "experiment architectures",
        "--data --module --texts --token-states --tuned --cross-encoder --depth --seeds --out --json",
    ),
    ("experiment bottleneck", "--data --module --seeds --seed --out --quiet --json"),
    ("experiment curve", "--data --module --counts --auto-budget --texts --seeds --out --json"),
    ("experiment recover", "--data --tuned --module --seeds --out --json"),
    (
        "experiment relations",
        "--graph --model --against --n3 --learning-rate --dim --partitions --epochs --settings --seeds --out --json",
    ),
    ("experiment scenarios", "--data --other --module --directions --seeds --out --json"),
    ("experiment spaces", "--data --other-side --source-queries --seeds --out --json"),
    ("experiment transfer", "--data --source-queries --source-items --seeds --out --json"),
    ("export", "--module --dense --npy --json"),
    ("import-dense", "--dense --npy --out --json"),
    ("device", "--device --small --runs --json"),
    ("merge", "--embeddings --beir --json"),
    ("verify", "--embeddings --json"),
    ("import-words", "--words --out --beir --sif --remove-component --json"),
    ("rerank", "--model --beir --run --depth --qrels --write-run --quiet --json"),
    (
        "train-encoder",
        "--model --beir --train --dev --settings --seed --unguarded --checkpoint --out --quiet --json",
    ),
    (
        "train-cross-encoder",
        "--model --beir --train --dev --run --loss --teacher --negatives-per-positive --settings --seed --unguarded \
         --checkpoint --out --quiet --json",
    ),
    (
        "train-rocketqa",
        "--model --beir --train --dev --test --cross-encoder --cross-encoder-from --steps two-towers mined denoised \
         augmented distilled --settings --seed --unguarded --out --quiet --json",
    ),
    ("fetch", "--from --out --json"),
    ("serve-embeddings", "--model --host --port --prompt --json"),
    ("index", "build search tune compact info"),
    ("engine", "upload search"),
    ("relations", "train evaluate search"),
    ("import", "--npy --ids --out --json"),
    (
        "encode",
        "--model --beir --images --out --work --layers --states --max-tokens --device --upload --http --json",
    ),
    ("distil", "--model --out --beir --dim --json"),
];

#[test]
fn every_program_explains_its_arguments() {
    for (name, flags) in PROGRAMS.iter().copied().filter(|(name, _)| built(name)) {
        let help = run(name, ["--help"]).succeeded();
        assert!(help.stderr.is_empty(), "{name}: {}", help.stderr);
        assert!(help.stdout.contains(&format!("Usage: ess {name}")), "{}", help.stdout);
        for flag in flags.split(' ') {
            assert!(help.stdout.contains(flag), "{name} does not explain {flag}:\n{}", help.stdout);
        }
    }
}

#[test]
fn an_argument_that_no_program_has_is_refused_before_work() {
    let programs = [
        "train",
        "evaluate",
        "calibrate",
        "compare auto",
        "compare hybrid",
        "compare modules",
        "experiment architectures",
        "experiment bottleneck",
        "experiment curve",
        "experiment recover",
        "experiment relations",
        "experiment scenarios",
        "experiment spaces",
        "experiment transfer",
        "export",
        "import-dense",
        "index",
        "engine",
        "import",
        "import-words",
        "encode",
        "distil",
        "merge",
        "verify",
        "fetch",
        "rerank",
        "train-encoder",
        "train-cross-encoder",
        "train-rocketqa",
        "serve-embeddings",
        "relations train",
        "relations evaluate",
        "relations search",
        "device",
        "completions",
    ];
    for name in programs.into_iter().filter(|name| built(name)) {
        run(name, ["--no-such-flag"]).failed_with(&["--no-such-flag", "--help"]);
    }
}

#[test]
fn the_program_lists_its_commands_and_what_its_status_means() {
    let help = run("--help", [""; 0]).succeeded().stdout;
    for command in ["encode", "import", "train", "evaluate", "index", "compare", "completions", "Exit status"]
    {
        assert!(help.contains(command), "{command}:\n{help}");
    }
    assert!(run("--version", [""; 0]).succeeded().stdout.starts_with("ess "));
}

#[test]
fn shells_get_completions() {
    for (shell, needle) in
        [("bash", "complete -F _ess"), ("zsh", "#compdef ess"), ("fish", "complete -c ess")]
    {
        let script = run("completions", [shell]).succeeded().stdout;
        assert!(script.contains(needle) && script.contains("import-dense"), "{shell}:\n{script}");
    }
}

#[test]
fn completions_take_no_flags_for_results() {
    for flags in [&["--quiet"][..], &["--json", "-"], &["--json", "completions.json"]] {
        let output = command("completions").arg("bash").args(flags).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
        assert!(said.contains(&format!("does not take {}", flags[0])), "{said}");
    }
    run("--quiet", ["completions", "bash"]).failed_with(&["does not take --quiet"]);
    let help = run("completions", ["--help"]).succeeded().stdout;
    assert!(!help.contains("--quiet") && !help.contains("--json"), "{help}");
}

#[cfg(not(feature = "object-store"))]
#[test]
fn fetching_says_what_to_build() {
    run("fetch", ["--from", "s3://bucket/folder", "--out", "x"])
        .failed_with(&["fetch", "--features object-store"]);
}

#[cfg(not(feature = "encoders"))]
#[test]
fn a_command_that_is_not_built_says_what_to_build() {
    for name in ["encode", "distil", "device"] {
        run(name, ["--model", "x", "--help"]).failed_with(&[name, "--features encoders"]);
    }
}
