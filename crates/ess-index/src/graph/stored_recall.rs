//! The recall of a graph's default effort, in the file of the graph.

use ess_files::Section;

use super::default_recall::{DefaultRecall, RecallAt};
use crate::{error::Error, file::contents::Contents};

/// The section that says it: four values. Earlier files lack it, and earlier releases read past it.
const SECTION: &str = "default_recall";

pub(super) fn section(recall: &DefaultRecall) -> Section<'static> {
    let values =
        [recall.in_distribution, recall.out_of_distribution].map(|recall| [recall.at_10, recall.at_100]);
    Section::owned(SECTION, values.as_flattened())
}

/// What a file says; `None` for one that says nothing.
pub(crate) fn read(contents: &Contents) -> Result<Option<DefaultRecall>, Error> {
    if !contents.has(SECTION) {
        return Ok(None);
    }
    let values = contents.values::<f64>(SECTION, Some(4))?;
    match values[..] {
        [in_10, in_100, out_10, out_100] if values.iter().all(|recall| (0.0..=1.0).contains(recall)) => {
            Ok(Some(DefaultRecall {
                in_distribution: RecallAt { at_10: in_10, at_100: in_100 },
                out_of_distribution: RecallAt { at_10: out_10, at_100: out_100 },
            }))
        }
        _ => Err(contents.mismatch("a recall from 0 to 1", format!("{:?}", &values[..]))),
    }
}

#[cfg(test)]
mod tests {
    use ess_core::{Embeddings, PersistentIndex};
    use ess_files::Opening;

    use super::*;
    use crate::graph::{builder::GraphBuilder, index::GraphIndex};
    use crate::progress::Progress;

    fn small(default_recall: Option<DefaultRecall>) -> GraphIndex {
        let items = Embeddings::from_vec((0..80).map(|i| (i as f32 * 0.7).sin()).collect(), 2).unwrap();
        let mut index = GraphBuilder::default().build(items, Progress::Silent).unwrap();
        assert_eq!(index.default_recall, None, "few items are not tried");
        index.default_recall = default_recall;
        index
    }

    fn recall(last: f64) -> DefaultRecall {
        DefaultRecall {
            in_distribution: RecallAt { at_10: 2.0 / 3.0, at_100: 0.0 },
            out_of_distribution: RecallAt { at_10: 1.0, at_100: last },
        }
    }

    #[test]
    fn a_file_says_the_recall_that_was_measured() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("items.index");
        for said in [None, Some(recall(0.9 - 1e-16))] {
            small(said).save(&path).unwrap();
            for opened in [GraphIndex::open(&path), GraphIndex::open_mapped(&path)] {
                assert_eq!(opened.unwrap().default_recall, said);
            }
            assert_eq!(read(&Contents::open(&path, Opening::Mapped).unwrap()).unwrap(), said);
        }
    }

    #[test]
    fn a_file_with_an_impossible_recall_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("items.index");
        for impossible in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            small(Some(recall(impossible))).save(&path).unwrap();
            let refused = GraphIndex::open(&path).unwrap_err().to_string();
            assert!(refused.contains("a recall from 0 to 1"), "{refused}");
        }
    }
}
