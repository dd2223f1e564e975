//! How long functions are.

use std::{fs, io, path::Path};

/// The longest function that there may be, in lines from `fn` to its brace.
const MAX_LINES: usize = 60;

/// The functions of a file, as rustfmt lays them out: the line of each, and how many it has.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let (indent, code) = line.split_at(line.len() - line.trim_start().len());
        let mut words = code.split(' ').skip_while(|word| {
            word.starts_with("pub") || ["async", "const", "unsafe", "extern", "\"C\"", "in"].contains(word)
        });
        if words.next() != Some("fn") {
            continue;
        }
        let end = format!("{indent}}}");
        // What ends in one line, or has no body, is not of interest.
        let signature = lines[at..].iter().position(|line| line.ends_with(['{', ';', '}']));
        let has_body = signature.is_some_and(|behind| lines[at + behind].ends_with('{'));
        if let Some(length) = lines[at..].iter().position(|line| *line == end).filter(|_| has_body) {
            found.push((at + 1, length + 1));
        }
    }
    found
}

/// The functions of a folder that are too long, and how many functions it has.
fn look(folder: &Path, long: &mut Vec<String>, all: &mut usize) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
            look(&path, long, all)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let functions = functions(&fs::read_to_string(&path)?);
            *all += functions.len();
            let beyond = functions.into_iter().filter(|(_, lines)| *lines > MAX_LINES);
            long.extend(beyond.map(|(at, lines)| format!("{}:{at}: {lines} lines", path.display())));
        }
    }
    Ok(())
}

#[test]
fn no_function_is_longer_than_a_page() {
    let (mut long, mut all) = (Vec::new(), 0);
    for folder in ["crates", "benches", "examples", "tests"] {
        look(&super::root().join(folder), &mut long, &mut all).unwrap();
    }
    assert!(long.is_empty(), "functions of more than {MAX_LINES} lines:\n{}", long.join("\n"));
    assert!(all > 5000, "only {all} functions were found");
}

#[test]
fn functions_are_counted_from_their_first_line_to_their_brace() {
    let text = "trait T {\n    fn none(\n        &self,\n    );\n    fn one() {}\n}\n\npub(crate) async fn \
                three(\n) {\n}\nimpl T {\n    pub const fn four() {\n        if true {\n        }\n    }\n}\n";
    assert_eq!(functions(text), [(8, 3), (12, 4)]);
}
