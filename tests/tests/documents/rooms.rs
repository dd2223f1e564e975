//! How source files refer to each other: to no item of a file above them, and in no circle.
//!
//! A file imports what it needs from where it stands. What two files of a room need has a file of its own; the file of the room,
//! which is above them, may use all of them. `lib.rs` is above all. Files of one room are imported by `super::`, not from the top.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

/// The path of a module in its crate; empty for the crate itself.
type Module = Vec<String>;

/// What a file refers to.
#[derive(Default)]
struct Source {
    /// Every path, and the module that has it: the file's own, or one inside the file.
    paths: Vec<(Module, Vec<String>)>,
    /// The path of each name that the file imports.
    imports: BTreeMap<String, Vec<String>>,
}

/// A crate's files by module.
type Sources = BTreeMap<Module, Source>;

/// The text without comments and without what stands in quotes.
fn code(text: &str) -> String {
    let (mut code, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (before, from) = rest.split_at(at);
        code.push_str(before);
        let hashes = before.len() - before.trim_end_matches('#').len();
        let skipped = if from.starts_with("//") {
            from.find('\n')
        } else if from.starts_with("'\"'") {
            Some(3)
        } else if !from.starts_with('"') {
            Some(1)
        } else if before[..before.len() - hashes].ends_with('r') {
            let end = format!("\"{}", "#".repeat(hashes));
            from[1..].find(&end).map(|at| 1 + at + end.len())
        } else {
            let escaped =
                |at| from[1..at].bytes().rev().take_while(|&letter| letter == b'\\').count() % 2 == 1;
            from.match_indices('"').map(|(at, _)| at).find(|&at| at > 0 && !escaped(at)).map(|at| at + 1)
        };
        rest = skipped.map_or("", |end| &from[end..]);
    }
    code + rest
}

/// The code of a file and of each module inside it.
fn by_module(module: &Module, code: &str) -> Vec<(Module, String)> {
    let mut parts = vec![(module.clone(), String::new())];
    let mut at = 0;
    for line in code.lines() {
        let opened = line.trim_end().strip_suffix(" {").and_then(|line| line.rsplit_once("mod "));
        match opened.filter(|_| !line.starts_with(' ')) {
            Some((_, name)) => {
                at = parts.len();
                parts.push(([module.as_slice(), &[name.to_owned()]].concat(), String::new()));
            }
            None if line == "}" => at = 0,
            None => parts[at].1.extend([line, "\n"]),
        }
    }
    parts
}

fn segments(path: &str) -> Vec<String> {
    path.split("::").map(str::trim).filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
}

/// The paths of a tree of imports, each with its name in this file.
fn leaves(prefix: &[String], tree: &str) -> Vec<(String, Vec<String>)> {
    let Some((path, group)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias)));
        let mut path = [prefix, &segments(path)].concat();
        path.pop_if(|last| last == "self");
        let name = alias.map(|alias| alias.trim().to_owned()).or(path.last().cloned());
        return name.map(|name| (name, path)).into_iter().collect();
    };
    let prefix = [prefix, &segments(path)].concat();
    let mut depth = 0;
    let members = group.split(|letter| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        depth < 0 || (depth == 0 && letter == ',')
    });
    members.filter(|member| !member.trim().is_empty()).flat_map(|member| leaves(&prefix, member)).collect()
}

fn source(module: &Module, text: &str) -> Source {
    let mut source = Source::default();
    for (inside, code) in by_module(module, &code(text)) {
        for statement in code.split(';') {
            let import =
                statement.rfind("use ").filter(|&at| !statement[..at].ends_with(char::is_alphanumeric));
            let (before, tree) = statement.split_at(import.unwrap_or(statement.len()));
            // A macro that leaves the crate names things as they are seen from outside: `$crate::Name`.
            let words = before.split(|letter: char| !letter.is_alphanumeric() && !"_:$".contains(letter));
            let paths = words.filter(|word| word.contains("::")).map(segments);
            let imported = leaves(&[], tree.strip_prefix("use ").unwrap_or_default());
            source.paths.extend(paths.map(|path| (inside.clone(), path)));
            source.paths.extend(imported.iter().map(|(_, path)| (inside.clone(), path.clone())));
            if inside == *module {
                source.imports.extend(imported);
            }
        }
    }
    source
}

/// The file that a path leads to, by modules alone, and what of the path is an item of it.
fn resolve<'p>(sources: &Sources, module: &Module, path: &'p [String]) -> Option<(Module, &'p [String])> {
    let supers = path.iter().take_while(|segment| *segment == "super").count();
    let (mut at, mut rest) = match path.first()?.as_str() {
        "crate" => (Module::new(), &path[1..]),
        "self" => (module.clone(), &path[1..]),
        "super" => (module[..module.len().checked_sub(supers)?].to_vec(), &path[supers..]),
        first => match sources.contains_key(&[module.as_slice(), &[first.to_owned()]].concat()) {
            true => (module.clone(), path),
            false => return None,
        },
    };
    while let [first, others @ ..] = rest {
        let next = [at.as_slice(), std::slice::from_ref(first)].concat();
        if !sources.contains_key(&next) {
            break;
        }
        (at, rest) = (next, others);
    }
    Some((at, rest))
}

/// The file that has the item: what a file imports from another and hands on is not its own.
fn home(sources: &Sources, module: &Module, path: &[String], hops: usize) -> Option<Module> {
    let (at, rest) = resolve(sources, module, path)?;
    let handed_on = rest.first().and_then(|name| sources.get(&at)?.imports.get(name));
    match handed_on.filter(|_| hops > 0).and_then(|path| home(sources, &at, path, hops - 1)) {
        Some(home) => Some(home),
        None => Some(at),
    }
}

/// The paths that lead to an item of a file above.
fn that_run_up(sources: &Sources) -> Vec<String> {
    let mut found = Vec::new();
    // A file of tests is a part of the file that it tests.
    let files = sources.iter().filter(|(module, _)| module.last().is_none_or(|name| name != "tests"));
    for (module, source) in files {
        for (inside, path) in &source.paths {
            let Some((at, [_, ..])) = resolve(sources, inside, path) else { continue };
            if at.len() < module.len() && module.starts_with(&at) {
                found.push(format!("{} uses {}", module.join("/"), path.join("::")));
            }
        }
    }
    found
}

/// The imports of a file of the same room that go through the top of the crate.
fn that_go_through_the_top(sources: &Sources) -> Vec<String> {
    let mut found = Vec::new();
    for (module, source) in sources {
        let Some((name, room)) = module.split_last().filter(|(_, room)| !room.is_empty()) else { continue };
        for path in source.imports.values() {
            let in_room =
                path.strip_prefix(&["crate".to_owned()][..]).and_then(|path| path.strip_prefix(room));
            let Some([sibling, ..]) = in_room else { continue };
            if sibling != name && sources.contains_key(&[room, std::slice::from_ref(sibling)].concat()) {
                found.push(format!("{} imports {}", module.join("/"), path.join("::")));
            }
        }
    }
    found
}

/// The files on circles, or between two.
fn in_circles(sources: &Sources) -> BTreeSet<Module> {
    let mut left: BTreeMap<&Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, source) in sources {
        let own = source.paths.iter().filter(|(inside, _)| inside == module);
        let homes = own.filter_map(|(_, path)| home(sources, module, path, 8));
        left.insert(module, homes.filter(|home| home != module && !module.starts_with(home)).collect());
    }
    loop {
        let named: BTreeSet<Module> = left.values().flatten().cloned().collect();
        let open: BTreeSet<Module> = left.keys().map(|&module| module.clone()).collect();
        left.retain(|module, homes| named.contains(*module) && homes.iter().any(|home| open.contains(home)));
        if left.len() == open.len() {
            return open;
        }
        left.values_mut().for_each(|homes| homes.retain(|home| open.contains(home)));
    }
}

fn read(folder: &Path, module: &Module, sources: &mut Sources) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let is_root = module.is_empty() && ["lib", "main"].contains(&&*name);
        let module = if is_root { Module::new() } else { [module.as_slice(), &[name]].concat() };
        if path.is_dir() {
            read(&path, &module, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = source(&module, &fs::read_to_string(&path)?);
            sources.insert(module, source);
        }
    }
    Ok(())
}

#[test]
fn files_use_no_item_of_a_file_above_them_nor_each_other_in_a_circle_and_siblings_by_super() {
    let (mut files, mut wrong) = (0, Vec::new());
    for entry in fs::read_dir(super::root().join("crates")).unwrap() {
        let (folder, mut sources) = (entry.unwrap().path(), Sources::new());
        read(&folder.join("src"), &Module::new(), &mut sources).unwrap();
        files += sources.len();
        let circles = in_circles(&sources).into_iter().map(|file| format!("{} in a circle", file.join("/")));
        let name = folder.file_name().unwrap().to_string_lossy();
        let imports = that_run_up(&sources).into_iter().chain(that_go_through_the_top(&sources));
        wrong.extend(imports.chain(circles).map(|file| format!("{name}: {file}")));
    }
    assert!(wrong.is_empty(), "files that use what is above them, or each other:\n{}", wrong.join("\n"));
    assert!(files > 500, "only {files} files were found");
}

#[test]
fn what_runs_up_or_in_a_circle_is_found_in_other_files() {
    let sources = |files: &[(&str, &str)]| -> Sources {
        files.iter().map(|(path, text)| (segments(path), source(&segments(path), text))).collect()
    };
    let library = ("", "mod room;\npub use room::{a::{A, self}, b::B};");
    let room = ("room", "mod a;\npub(crate) mod b;\npub use b::B as Other;\npub const K: u8 = 0;");
    let found = |a: &str, b: &str| {
        let sources = sources(&[library, room, ("room::a", a), ("room::b", b)]);
        let circles: Vec<String> = in_circles(&sources).into_iter().map(|file| file.join("/")).collect();
        (that_run_up(&sources), circles)
    };
    let b = "/// As crate::A.\npub struct B;\nmacro_rules! m { () => { $crate::A } }\nconst X: &str = r#\"\"crate::A\"#;\n\nmod tests {\n    use super::B;\n}\n";
    assert_eq!(found("use std::fmt;\nuse super::b::{self, B};", b), (vec![], vec![]));
    for (a, up) in [
        ("use crate::{B, room::b};", "crate::B"),
        ("fn f() -> u8 { super::K }", "super::K"),
        ("use super::Other;", "super::Other"),
        ("mod tests {\n    use super::super::K;\n}\n", "super::super::K"),
    ] {
        assert_eq!(found(a, b).0, [format!("room/a uses {up}")]);
    }
    let through_the_top =
        |a| that_go_through_the_top(&sources(&[library, room, ("room::a", a), ("room::b", b)]));
    assert_eq!(through_the_top("use crate::room::b::B;"), ["room/a imports crate::room::b::B"]);
    assert!(through_the_top("use super::b::B;\nuse crate::room::{a::A as Own, K};").is_empty());
    let circle = found("use super::b::B;\npub struct A;", "pub struct B;\nfn f(_: &crate::room::a::A) {}");
    assert_eq!(circle, (vec![], vec!["room/a".to_owned(), "room/b".to_owned()]));
}
