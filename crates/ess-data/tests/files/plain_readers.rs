//! The readers of runs and qrels against the plain definition of their formats, on good, odd and damaged files: the same
//! entries, or the same error with the same message.

use ess_data::{read_qrels, read_run};
use ess_metrics::{Qrels, Run};
use proptest::prelude::*;

use crate::file_with;

/// What stands in a line, or the message of what is wrong with it.
type Parsed<T> = Result<T, (&'static str, String)>;

fn found(text: &str) -> String {
    format!("{:?}", text.chars().take(80).collect::<String>())
}

/// Lines with their numbers, without blank ones, as text or with the message of what is wrong.
fn lines(bytes: &[u8]) -> Vec<(usize, Parsed<&str>)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').zip(1..);
    let lines = lines.filter(|(line, _)| !line.iter().all(u8::is_ascii_whitespace));
    let text = |line: &'_ [u8]| match std::str::from_utf8(line) {
        _ if line.contains(&0) => {
            let at = line.iter().position(|byte| *byte == 0).unwrap();
            Err(("UTF-8 text", format!("a NUL byte at column {}, as UTF-16 has", at + 1)))
        }
        Ok(_) => Ok(()),
        Err(error) => {
            let at = error.valid_up_to();
            Err(("UTF-8 text", format!("byte 0x{:02x} at column {}", line[at], at + 1)))
        }
    };
    lines
        .map(|(line, number)| {
            let parsed = text(line).map(|()| {
                let line = std::str::from_utf8(line).unwrap();
                let line = line.strip_suffix('\n').unwrap_or(line);
                line.strip_suffix('\r').unwrap_or(line)
            });
            (number, parsed)
        })
        .collect()
}

fn hit(text: &str) -> Parsed<Option<(&str, &str, f32, &str)>> {
    if text.trim_ascii_start().starts_with('#') {
        return Ok(None);
    }
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let [query, _, item, rank, score, tag, ..] = fields[..] else {
        return Err(("query id, Q0, item id, rank, score and tag", found(text)));
    };
    if rank.contains('.') && rank.parse::<f32>().is_ok() && score.chars().all(|c| c.is_ascii_digit()) {
        let expected = "a rank in column 4 and a score in column 5, which look exchanged";
        return Err((expected, format!("{} and {}", found(rank), found(score))));
    }
    match score.parse::<f32>() {
        Ok(number) if number.is_finite() => Ok(Some((query, item, number, tag))),
        _ => Err((
            "a score that is a finite number in column 5, behind query id, Q0, item id and rank",
            format!("{} behind the item {} and the rank {}", found(score), found(item), found(rank)),
        )),
    }
}

fn plain_run(bytes: &[u8]) -> Result<Run, String> {
    let mut run = Run::default();
    for (line, text) in lines(bytes) {
        let wrong = |(expected, found)| format!("line {line}: expected {expected}, found {found}");
        if let Some((query, item, score, tag)) = text.and_then(hit).map_err(wrong)? {
            if run.is_empty() {
                run.set_name(tag);
            }
            let twice = |error: ess_metrics::Error| wrong(("each item once for a query", error.to_string()));
            run.insert(query, item, score).map_err(twice)?;
        }
    }
    if run.is_empty() { Err("expected at least one hit, found none".into()) } else { Ok(run) }
}

fn judgement(text: &str, beir: bool) -> Parsed<(&str, &str, i32)> {
    let fields: Vec<&str> =
        if beir { text.split('\t').collect() } else { text.split_ascii_whitespace().collect() };
    let (query, item, grade) = match (beir, &fields[..]) {
        (true, &[query, item, grade]) if !query.is_empty() && !item.is_empty() => (query, item, grade),
        (true, _) => {
            return Err(("query id, item id and grade separated by tabs, as in BEIR's qrels", found(text)));
        }
        (false, &[query, _, item, grade]) => (query, item, grade),
        (false, _) => return Err(("query id, 0, item id and grade, as in TREC's qrels", found(text))),
    };
    let Ok(number) = grade.trim().parse() else {
        let names = ["query-id", "corpus-id", "score"];
        let fields = [query, item, grade];
        let [query, item, grade] = fields.map(found);
        return Err(match beir {
            true if fields != names
                && fields.iter().all(|field| names.contains(&&*field.trim().to_lowercase())) =>
            {
                (
                    "a header with the columns query-id, corpus-id and score in this order",
                    format!("{query}, {item}, {grade}"),
                )
            }
            true => (
                "a grade that is a whole number of 32 bits in column 3, behind query id and item id",
                format!("{grade} behind {query} and {item}"),
            ),
            false => (
                "a grade that is a whole number of 32 bits in column 4, behind query id, 0 and item id",
                format!("{grade} behind the query {query} and the item {item}"),
            ),
        });
    };
    Ok((query, item, number))
}

fn plain_qrels(bytes: &[u8]) -> Result<Qrels, String> {
    let (mut qrels, mut beir) = (Qrels::new(), None);
    for (line, text) in lines(bytes) {
        let wrong = |(expected, found)| format!("line {line}: expected {expected}, found {found}");
        let text = text.map_err(wrong)?;
        if beir.is_none() && text == "query-id\tcorpus-id\tscore" {
            beir = Some(true);
            continue;
        }
        let comment = text.starts_with('#') && (beir == Some(false) || judgement(text, true).is_err());
        if !comment {
            let beir = *beir.get_or_insert(text.matches('\t').count() == 2);
            let (query, item, grade) = judgement(text, beir).map_err(wrong)?;
            let twice =
                |error: ess_metrics::Error| wrong(("each query and item judged once", error.to_string()));
            qrels.insert(query, item, grade).map_err(twice)?;
        }
    }
    if qrels.is_empty() { Err("expected at least one judgement, found none".into()) } else { Ok(qrels) }
}

/// A message without the path before it.
fn message(error: &ess_data::Error) -> String {
    let message = error.to_string();
    let at = message.find("line ").or_else(|| message.find("expected ")).unwrap();
    message[at..].to_owned()
}

fn same(bytes: &[u8]) {
    let (_folder, path) = file_with(bytes);
    let shown = String::from_utf8_lossy(bytes);
    let run = read_run(&path).map_err(|error| message(&error));
    assert_eq!(run, plain_run(bytes), "{shown:?}");
    let qrels = read_qrels(&path).map_err(|error| message(&error));
    assert_eq!(qrels, plain_qrels(bytes), "{shown:?}");
}

/// Files of mostly one kind of line.
fn files() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        file("q[12] Q0 d[1-9]{1,2} 1 -?[0-9]{1,8}[.][0-9]{1,9} tag( more)?\r?\n"),
        file("q[12]\t(Q0|0)  d[1-9]{1,2} -?[0-3]\n"),
        file("[q#][12]\td [1-9]{1,2}\t-?[0-3]\n"),
    ]
}

fn file(good: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let odd = prop_oneof![
        Just("query-id\tcorpus-id\tscore\n".to_owned()),
        Just("corpus-id\tQuery-id\tscore\n".to_owned()),
        Just("\u{feff}".to_owned()),
        "[ \t\r\x0b\x0c\u{a0}]{0,3}\n",
        " ?#[a-z\t ]{0,9}\n",
        "[q1 \t\r.eE+-]{0,5}",
        "\\PC{0,90}\n",
    ];
    let piece = prop_oneof![
        40 => good.prop_map(String::into_bytes),
        4 => odd.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn files_are_read_as_by_the_plain_definition(
        bytes in files(),
        cut in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!bytes.starts_with(&[0x1f, 0x8b]));
        same(&bytes);
        same(&bytes[..cut.index(bytes.len() + 1)]);
    }
}

#[test]
fn columns_in_another_order_are_named() {
    let qrels = |text: &str| message(&read_qrels(file_with(text.as_bytes()).1).unwrap_err());
    assert_eq!(
        qrels("corpus-id\tquery-id\tscore\nd1\tq1\t1\n"),
        "line 1: expected a header with the columns query-id, corpus-id and score in this order, found \"corpus-id\", \
         \"query-id\", \"score\""
    );
    assert_eq!(
        qrels("qid\tdocid\trel\n"),
        "line 1: expected a grade that is a whole number of 32 bits in column 3, behind query id and item id, found \"rel\" behind \
         \"qid\" and \"docid\""
    );
    assert_eq!(
        qrels("q1 0 1 d1\n"),
        "line 1: expected a grade that is a whole number of 32 bits in column 4, behind query id, 0 and item id, found \"d1\" behind \
         the query \"q1\" and the item \"1\""
    );
    assert_eq!(
        qrels("q1 0 d1 2147483648\n"),
        "line 1: expected a grade that is a whole number of 32 bits in column 4, behind query id, 0 and item id, found \
         \"2147483648\" behind the query \"q1\" and the item \"d1\""
    );
    let run = message(&read_run(file_with(b"q1 Q0 d1 1 tag 0.5\n").1).unwrap_err());
    assert_eq!(
        run,
        "line 1: expected a score that is a finite number in column 5, behind query id, Q0, item id and rank, found \
         \"tag\" behind the item \"d1\" and the rank \"1\""
    );
}

#[test]
fn lines_at_the_edges_of_what_is_read_at_once_are_whole() {
    for length in [(1 << 17) - 40, (1 << 17) - 20, (1 << 17) - 1, 1 << 17, (1 << 18) + 3] {
        let comment = format!("# {}\n", "x".repeat(length));
        let lines: String = (0..9000).map(|i| format!("q{} Q0 dé{i} 1 {i}.5 tag\n", i / 1000)).collect();
        same((comment + &lines + "q1 Q0 d").as_bytes());
    }
    let lines: String = (0..20_000).map(|i| format!("q{} Q0 dé{i} 1 {i}.5 tag\r\n\n", i % 7)).collect();
    same(lines.as_bytes());
    same([lines.as_bytes(), b"q Q0 \xff 1 1 tag"].concat().as_slice());
}
