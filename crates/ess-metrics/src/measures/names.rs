//! From a name to its measure, and names of measures that a program registers.

use super::asked::{Asked, parts};
use super::registered::{self, MeasureKind};
use super::table::{Kind, Row, TABLE};
use crate::error::Error;
use crate::relevance_level::RelevanceLevel;

/// The measure of a name, and the relevance level where it says one.
pub(super) fn parse(name: &str) -> Result<(Kind, Option<RelevanceLevel>), Error> {
    let unknown = |expected| Error::UnknownMeasure { name: name.to_owned(), expected };
    if let Some((kind, mut asked)) =
        parts(name).and_then(|(kind, asked)| Some((registered::find(kind)?, asked)))
    {
        let level = asked.level()?;
        let measure = kind.at(asked.cutoff()?);
        return asked
            .left(kind.name)
            .map_or(Ok((Kind::Registered(measure), level)), |left| Err(unknown(left)));
    }
    let (row, mut asked) = ours(name).or_else(|| of_trec_eval(name)).ok_or_else(|| unknown(names()))?;
    let level = if row.graded { None } else { asked.level()? };
    let kind = (row.make)(&mut asked)?;
    asked.left(row.name).map_or(Ok((kind, level)), |left| Err(unknown(left)))
}

fn ours(name: &str) -> Option<(&'static Row, Asked<'_>)> {
    let (kind, asked) = parts(name)?;
    Some((TABLE.iter().find(|row| row.name == kind)?, asked))
}

/// `ndcg_cut_10`, `recip_rank` and the like, as trec_eval prints them.
fn of_trec_eval(name: &str) -> Option<(&'static Row, Asked<'_>)> {
    TABLE.iter().filter(|_| name.is_ascii()).find_map(|row| {
        let cut = match name.strip_prefix(row.trec_eval_cut).and_then(|rest| rest.strip_prefix('_')) {
            Some(cut) if cut.starts_with(|c: char| c.is_ascii_digit()) => Some(cut),
            _ if name == row.trec_eval => None,
            _ => return None,
        };
        Some((row, Asked { whole: name, parameters: Vec::new(), cut }))
    })
}

/// Whether a measure of this crate has this name, or trec_eval has it for one, with a cutoff or without.
fn has(name: &str) -> bool {
    let is_taken = TABLE.iter().any(|row| [row.name, row.trec_eval_cut].contains(&name));
    is_taken || of_trec_eval(name).is_some()
}

/// Makes a measure known by its name to the whole process: to [`NamedMeasure`](crate::NamedMeasure), in settings and in
/// flags. To be called before any of them is read. Runnable at [`MeasureKind`](crate::MeasureKind).
///
/// # Errors
/// [`Error::MeasureTaken`] for a name of another measure, or of trec_eval's such as `ndcg_cut_10`; [`Error::InvalidParameter`] for one with other characters than
/// lower-case letters, digits and `_`.
pub fn register_measure<M: MeasureKind>() -> Result<(), Error> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if M::NAME.is_empty() || !M::NAME.bytes().all(fits) {
        let (expected, found) = ("lower-case letters, digits and _", M::NAME.to_owned());
        return Err(Error::InvalidParameter { name: "name of a measure", expected, found });
    }
    match has(M::NAME) {
        true => Err(Error::MeasureTaken { name: M::NAME.to_owned() }),
        false => registered::add::<M>(),
    }
}

/// All names, for a message.
fn names() -> String {
    let names: Vec<_> = TABLE.iter().map(|row| row.name).chain(registered::names()).collect();
    format!("{}, most with or without a cutoff such as @10, or one of trec_eval's names", names.join(", "))
}
