//! A knowledge graph that is measured on.

use anyhow::{Context, Result, ensure};
use ess_files::Checksum;
use ess_relations::KnowledgeGraph;

use crate::{
    arguments::paths::GRAPH,
    data::file_checksum::file_checksum,
    experiment::{folder_of::FolderOf, subject::Subject},
};

/// A graph in memory.
pub(super) struct Graph {
    place: FolderOf,
    files: String,
    pub(super) triples: KnowledgeGraph,
}

impl Subject for Graph {
    type Place = FolderOf;

    fn place(&self) -> &FolderOf {
        &self.place
    }

    fn files(&self) -> &str {
        &self.files
    }
}

impl Graph {
    pub(super) const FORM: &'static str = "NAME=DIR";

    /// Reads its name and its folder, and looks whether a graph is there.
    pub(super) fn parse(text: &str) -> Result<FolderOf, String> {
        let place = FolderOf::parse(text, Self::FORM, GRAPH)?;
        // The name is a part of names of files.
        let plain = |c: char| c.is_alphanumeric() || "-_ ".contains(c);
        match !place.name.is_empty() && place.name.chars().all(plain) {
            true => Ok(place),
            false => {
                let form = Self::FORM;
                Err(format!(
                    "{text:?}: expected {form}, the graph called by letters, digits, -, _ and spaces"
                ))
            }
        }
    }

    /// Refuses two of one name: what is measured of them would be kept in the same files.
    pub(super) fn check_names(all: &[FolderOf]) -> Result<()> {
        let file_name = |place: &FolderOf| stem(&place.name);
        for (at, place) in all.iter().enumerate() {
            let again = all[..at].iter().any(|other| file_name(other) == file_name(place));
            ensure!(!again, "--graph: two graphs are called {:?}", place.name);
        }
        Ok(())
    }

    /// Reads the triples.
    pub(super) fn open(place: &FolderOf) -> Result<Self> {
        let triples = KnowledgeGraph::open(&place.folder).with_context(|| place.name.clone())?;
        let checksum = |name: &str| file_checksum(&place.folder.join(name));
        let sums =
            ["train.txt", "valid.txt", "test.txt"].map(checksum).into_iter().collect::<Result<Vec<_>>>()?;
        let files = Checksum::of(sums.join(" ").as_bytes()).to_string();
        Ok(Self { place: place.clone(), files, triples })
    }
}

/// The name of a graph as a part of a file's name.
pub(super) fn stem(name: &str) -> String {
    name.to_lowercase().replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphs_whose_files_would_have_one_name_are_refused() {
        let named = |name: &str| FolderOf { name: name.to_owned(), folder: "x".into() };
        Graph::check_names(&[named("a"), named("b")]).unwrap();
        for (one, other) in [("a", "a"), ("a b", "a-b"), ("A", "a")] {
            let error = Graph::check_names(&[named(one), named(other)]).unwrap_err().to_string();
            assert!(error.contains(&format!("two graphs are called {other:?}")), "{error}");
        }
    }

    #[test]
    fn a_graph_is_a_plain_name_and_a_folder_with_triples() {
        let folder = tempfile::tempdir().unwrap();
        let text = |name: &str| format!("{name}={}", folder.path().display());
        assert!(Graph::parse(&text("a")).unwrap_err().contains("without train.txt"));
        std::fs::write(folder.path().join("train.txt"), "").unwrap();
        assert_eq!(Graph::parse(&text("WN18 RR")).unwrap().name, "WN18 RR");
        for wrong in ["", "a/b", ".."] {
            assert!(Graph::parse(&text(wrong)).unwrap_err().contains("letters"), "{wrong}");
        }
        assert!(Graph::parse("data/umls").unwrap_err().contains("expected NAME=DIR"));
    }
}
