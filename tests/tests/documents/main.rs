//! What the repository promises without running its code: links that lead somewhere, and pages, sentences and functions of bounded
//! length.

mod data;
mod dependencies;
mod features;
mod functions;
mod manifest;
mod oldest_compilers;
mod rooms;
mod sentences;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Markdown file of the repository.
fn documents() -> io::Result<Vec<PathBuf>> {
    let (mut folders, mut found) = (vec![root()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !["target", "shared"].contains(&&*name) && !name.starts_with('.') {
                folders.push(path);
            } else if name.ends_with(".md") {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// The targets of a page's links to files, without what follows a `#`.
fn links(text: &str) -> Vec<&str> {
    let mut in_code = false;
    let prose = text.lines().filter(|line| {
        in_code ^= line.trim_start().starts_with("```");
        !in_code
    });
    let targets = prose.flat_map(|line| line.split("](").skip(1).filter_map(|rest| rest.split(')').next()));
    let is_file =
        |target: &&str| !target.contains("://") && !target.contains("::") && !target.starts_with('#');
    targets.filter(is_file).map(|target| target.split('#').next().unwrap_or_default()).collect()
}

/// A link to an item of the code, which rustdoc checks: `[Error](Error)` or one in backticks.
fn is_of_rustdoc(target: &str) -> bool {
    !target.contains(['/', '.'])
}

#[test]
fn every_link_to_a_file_leads_to_one() {
    let documents = documents().unwrap();
    assert!(documents.len() > 30, "only {} documents were found", documents.len());
    let mut broken = Vec::new();
    for path in documents {
        let text = fs::read_to_string(&path).unwrap();
        let folder = path.parent().unwrap();
        for target in links(&text).into_iter().filter(|target| !is_of_rustdoc(target)) {
            if !folder.join(target).exists() {
                broken.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links to files that are not there:\n{}", broken.join("\n"));
}

/// docs.rs and crates.io show a crate's README without the repository around it.
#[test]
fn a_crates_readme_links_to_nothing_outside_its_archive() {
    let mut outside = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let path = entry.unwrap().path().join("README.md");
        let text = fs::read_to_string(&path).unwrap();
        let away = links(&text).into_iter().filter(|target| !is_of_rustdoc(target));
        outside.extend(away.map(|target| format!("{}: {target}", path.display())));
    }
    assert!(outside.is_empty(), "links that docs.rs does not have:\n{}", outside.join("\n"));
}

#[test]
fn every_archive_has_a_readme_and_both_licences() {
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().path();
        for name in ["README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
            let text = fs::read_to_string(folder.join(name));
            assert!(text.is_ok_and(|text| text.len() > 200), "{}: no {name}", folder.display());
        }
        for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let [ours, theirs] = [root(), folder.clone()].map(|folder| fs::read(folder.join(name)).unwrap());
            assert!(ours == theirs, "{}: another {name} than the repository's", folder.display());
        }
    }
}

#[test]
fn pages_that_are_read_first_are_short() {
    for (name, kilobytes) in [("README.md", 15), ("ARCHITECTURE.md", 14), ("CONTRIBUTING.md", 6)] {
        let length = fs::metadata(root().join(name)).unwrap().len();
        assert!(length <= kilobytes * 1024, "{name} has {length} bytes, more than {kilobytes} KB");
    }
}

/// The lines of a page's first block of Rust under a heading that are code which a reader sees, up to an empty line if there is
/// a comment behind it.
fn code_under<'t>(page: &'t str, heading: &str) -> Vec<&'t str> {
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect(heading);
    let (_, block) = section.split_once("```rust\n").expect("a block of code");
    let (block, _) = block.split_once("```").expect("its end");
    let shown = block.lines().filter(|line| !line.starts_with("# ") && !line.starts_with("use "));
    shown.take_while(|line| !line.starts_with("//")).filter(|line| !line.trim().is_empty()).collect()
}

#[test]
fn what_the_facade_is_for_takes_few_statements() {
    let page = fs::read_to_string(root().join("crates/ess-kit/README.md")).unwrap();
    for (heading, most) in [("Search", 4), ("Train", 6), ("Encode", 4), ("Measure", 3)] {
        let statements = code_under(&page, heading).iter().filter(|line| line.ends_with(';')).count();
        assert!((1..=most).contains(&statements), "{heading}: {statements} statements, at most {most}");
    }
    let (_, own) = page.split_once("## A searching module of your own").unwrap();
    let (_, own) = own.split_once("```rust\n").unwrap();
    let (own, _) = own.split_once("```").unwrap();
    let is_code = |line: &&str| {
        !line.trim().is_empty() && !line.starts_with("# ") && !line.trim_start().starts_with("//")
    };
    let lines = own.lines().filter(is_code).count();
    assert!((10..=30).contains(&lines), "a module of one's own: {lines} lines, at most 30");
}

#[test]
fn examples_are_read_in_one_go() {
    let mut examples = 0;
    for entry in fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 80, "{name} has {lines} lines, more than 80");
            examples += 1;
        }
    }
    assert!(examples >= 10, "only {examples} examples were found");
}
