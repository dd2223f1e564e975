//! The texts and judgements that the recipe has.

mod judgements;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::Result;
use ess_data::{Query, check_run_ids, read_qrels, read_records};
use ess_files::Checksum;
use ess_metrics::Qrels;

use crate::data::{
    beir_file::beir_file,
    beir_texts::BeirTexts,
    file_checksum::file_checksum,
    judged_texts::{CorpusTexts, judged, train_and_dev},
};

use self::judgements::{check_apart, files_of, queries_of};

/// Which files they are in.
pub(super) struct TextFiles<'a> {
    pub(super) beir: &'a Path,
    pub(super) train: &'a Path,
    pub(super) dev: Option<&'a Path>,
    /// The share of training queries that becomes dev where there is no file, and the seed that it is cut by.
    pub(super) cut: (f64, u64),
    pub(super) test: Option<&'a Path>,
    /// Where runs of them are written.
    pub(super) out: &'a Path,
}

/// Items, queries and judgements.
pub(super) struct Texts {
    pub(super) items: CorpusTexts,
    pub(super) beir: BeirTexts,
    pub(super) train: Qrels,
    pub(super) dev: Qrels,
    pub(super) test: Option<Qrels>,
    /// Queries that no file of judgements judges: neither those that were given nor those in `qrels` of the folder, so that no query
    /// that these keep for measuring is learnt from.
    pub(super) unjudged: Vec<String>,
    /// Checksums of each of these but the test, by what it is.
    sums: BTreeMap<&'static str, String>,
}

impl Texts {
    /// Reads them. Ids that no run file can hold are refused, for steps write runs.
    pub(super) fn read(files: &TextFiles<'_>) -> Result<Self> {
        let items = CorpusTexts::read(files.beir)?;
        let beir = BeirTexts::read(files.beir)?;
        let (share, seed) = files.cut;
        let [train, dev] = train_and_dev(files.train, files.dev, share, seed)?;
        let test = files.test.map(read_qrels).transpose()?;
        if let (Some(test), Some(path)) = (&test, files.test) {
            check_apart([&train, &dev], test, path)?;
        }
        // What has no text is said now and not in some step.
        for qrels in [&train, &dev].into_iter().chain(&test) {
            judged(qrels, &beir, &items.ids)?;
        }
        // Those of --train and --dev in whole, whatever was cut from them.
        let given = [Some(files.train), files.dev, files.test].into_iter().flatten().map(Path::to_owned);
        let unjudged = unjudged(files.beir, given.chain(files_of(files.beir)?))?;
        let queries = [&train, &dev].into_iter().flat_map(Qrels::queries);
        let queries = queries.chain(unjudged.iter().map(String::as_str));
        check_run_ids(files.out, queries, items.ids.as_slice().iter().map(String::as_str))?;
        let sums = BTreeMap::from([
            ("corpus", file_checksum(&beir_file(files.beir, "corpus.jsonl")?)?),
            ("queries", file_checksum(&beir_file(files.beir, "queries.jsonl")?)?),
            ("train", of_qrels(&train)),
            ("dev", of_qrels(&dev)),
            ("queries without judgements", Checksum::of(unjudged.join("\n").as_bytes()).to_string()),
        ]);
        Ok(Self { items, beir, train, dev, test, unjudged, sums })
    }

    /// The checksums of some of them, by what they are.
    pub(super) fn sums<'a>(&'a self, of: &'a [&str]) -> impl Iterator<Item = (String, String)> + 'a {
        let sums = of.iter().filter_map(|&name| self.sums.get_key_value(name));
        sums.map(|(&name, sum)| (name.to_owned(), sum.clone()))
    }
}

fn of_qrels(qrels: &Qrels) -> String {
    let lines: String =
        qrels.iter().map(|(query, item, grade)| format!("{query}\t{item}\t{grade}\n")).collect();
    Checksum::of(lines.as_bytes()).to_string()
}

/// The queries with a text that none of these files judges, in the order of the folder.
fn unjudged(beir: &Path, files: impl Iterator<Item = PathBuf>) -> Result<Vec<String>> {
    let judged = queries_of(files)?;
    let queries: Vec<Query> = read_records(beir_file(beir, "queries.jsonl")?)?;
    let unjudged = queries.into_iter().filter(|query| !judged.contains(&query.id));
    Ok(unjudged.filter(|query| !query.text.trim().is_empty()).map(|query| query.id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six queries and items; `train.tsv` judges three, and `qrels/test.tsv` one more.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, lines: &[String]| std::fs::write(folder.path().join(name), lines.join("\n"));
        let of =
            |line: &dyn Fn(usize) -> String, rows: std::ops::Range<usize>| rows.map(line).collect::<Vec<_>>();
        let item = |at| format!(r#"{{"_id": "d{at}", "title": "", "text": "item {at}"}}"#);
        let query = |at| format!(r#"{{"_id": "q{at}", "text": "{}"}}"#, if at == 5 { " " } else { "query" });
        let judged = |at| format!("q{at}\td{at}\t1");
        let header = vec!["query-id\tcorpus-id\tscore".to_owned()];
        std::fs::create_dir(folder.path().join("qrels")).unwrap();
        write("corpus.jsonl", &of(&item, 0..6)).unwrap();
        write("queries.jsonl", &of(&query, 0..6)).unwrap();
        write("train.tsv", &[header.clone(), of(&judged, 0..3)].concat()).unwrap();
        write("qrels/test.tsv", &[header, of(&judged, 3..4)].concat()).unwrap();
        folder
    }

    fn read(folder: &Path) -> Result<Texts> {
        read_with(folder, None)
    }

    fn read_with(folder: &Path, test: Option<&Path>) -> Result<Texts> {
        let train = folder.join("train.tsv");
        Texts::read(&TextFiles { beir: folder, train: &train, dev: None, cut: (0.4, 0), test, out: folder })
    }

    #[test]
    fn a_query_that_any_file_judges_or_without_a_text_is_not_without_judgements() {
        let folder = folder();
        let texts = read(folder.path()).unwrap();
        assert_eq!((texts.train.queries().len(), texts.dev.queries().len()), (2, 1));
        assert_eq!(texts.unjudged, ["q4"]);
    }

    #[test]
    fn files_of_judgements_are_read_whatever_their_names_and_formats() {
        let folder = folder();
        let path = |name: &str| folder.path().join("qrels").join(name);
        std::fs::remove_file(path("test.tsv")).unwrap();
        assert_eq!(read(folder.path()).unwrap().unjudged, ["q3", "q4"]);
        std::fs::write(path("test.txt"), "q3 0 d3 1\n").unwrap();
        assert_eq!(read(folder.path()).unwrap().unjudged, ["q4"]);
        std::fs::remove_file(path("test.txt")).unwrap();
        let mut qrels = Qrels::new();
        qrels.insert("q4", "d4", 0).unwrap();
        ess_data::write_qrels(path("test.tsv.gz"), &qrels, ess_data::QrelsFormat::Beir).unwrap();
        assert_eq!(read(folder.path()).unwrap().unjudged, ["q3"]);
        // Hidden files are none of the folder's; others are refused where they are no judgements.
        std::fs::write(path(".notes"), "nothing of the kind").unwrap();
        assert_eq!(read(folder.path()).unwrap().unjudged, ["q3"]);
        std::fs::write(path("notes.md"), "nothing of the kind").unwrap();
        let error = read(folder.path()).err().map(|error| format!("{error:#}")).unwrap();
        assert!(error.contains("notes.md"), "{error}");
    }

    #[test]
    fn a_folder_among_the_files_of_judgements_is_refused_unless_it_is_hidden() {
        let folder = folder();
        let path = |name: &str| folder.path().join("qrels").join(name);
        std::fs::create_dir(path(".cache")).unwrap();
        assert_eq!(read(folder.path()).unwrap().unjudged, ["q4"]);
        // Its queries would be learnt from, though a file judges them.
        std::fs::create_dir(path("held-out")).unwrap();
        std::fs::write(path("held-out/test.tsv"), "q4\td4\t1\n").unwrap();
        let error = read(folder.path()).err().map(|error| format!("{error:#}")).unwrap();
        let words = ["held-out: expected a file of judgements, found a folder", "move its files into"];
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }

    #[test]
    fn queries_of_the_test_that_are_learnt_from_are_refused() {
        let folder = folder();
        let test = folder.path().join("judged.tsv");
        let judged = |rows: &[usize]| {
            let lines: String = rows.iter().map(|row| format!("q{row}\td{row}\t1\n")).collect();
            std::fs::write(&test, lines).unwrap();
            read_with(folder.path(), Some(&test))
        };
        let error = judged(&[0, 1, 2, 3]).err().map(|error| format!("{error:#}")).unwrap();
        let words = ["--test", "judged.tsv", "3 of its queries", r#""q0", "q1", "q2""#];
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
        assert_eq!(judged(&[3, 4]).unwrap().unjudged, Vec::<String>::new());
    }

    #[test]
    fn a_checksum_is_other_where_its_part_is_and_nowhere_else() {
        let folder = folder();
        let sums = |texts: &Texts| texts.sums.clone();
        let before = sums(&read(folder.path()).unwrap());
        let path = folder.path().join("corpus.jsonl");
        let text = std::fs::read_to_string(&path).unwrap().replace("item 2", "another");
        std::fs::write(&path, text).unwrap();
        let after = sums(&read(folder.path()).unwrap());
        let other: Vec<_> = before.keys().filter(|name| before[*name] != after[*name]).collect();
        assert_eq!(other, [&"corpus"]);
        std::fs::remove_file(folder.path().join("qrels/test.tsv")).unwrap();
        let last = sums(&read(folder.path()).unwrap());
        let other: Vec<_> = after.keys().filter(|name| after[*name] != last[*name]).collect();
        assert_eq!(other, [&"queries without judgements"]);
    }

    #[test]
    fn an_id_that_no_run_holds_is_refused() {
        let folder = folder();
        let path = folder.path().join("corpus.jsonl");
        let text =
            std::fs::read_to_string(&path).unwrap() + "\n" + r#"{"_id": "d 9", "title": "", "text": "x"}"#;
        std::fs::write(&path, text).unwrap();
        let error = read(folder.path()).err().map(|error| format!("{error:#}")).unwrap();
        assert!(error.contains("d 9"), "{error}");
    }
}
