//! What a name such as `mrr(rel=2)@10` asks of its measure.

use super::gain::Gains;
use crate::cutoff::Cutoff;
use crate::error::Error;
use crate::relevance_level::RelevanceLevel;

/// The parts of a name such as `mrr(rel=2)@10`.
pub(super) struct Asked<'a> {
    pub(super) whole: &'a str,
    pub(super) parameters: Vec<(&'a str, &'a str)>,
    pub(super) cut: Option<&'a str>,
}

/// The name of the measure, and what else is asked for.
pub(super) fn parts(name: &str) -> Option<(&str, Asked<'_>)> {
    let (kind, cut) = match name.split_once('@') {
        Some((kind, cut)) => (kind, Some(cut)),
        None => (name, None),
    };
    let (kind, parameters) = match kind.split_once('(') {
        Some((kind, parameters)) => (kind, Some(parameters.strip_suffix(')')?)),
        None => (kind, None),
    };
    let parameters = parameters.into_iter().flat_map(|parameters| parameters.split(','));
    let parameters: Option<Vec<_>> = parameters.map(|parameter| parameter.split_once('=')).collect();
    Some((kind, Asked { whole: name, parameters: parameters?, cut }))
}

impl Asked<'_> {
    /// What would have been accepted, where something is left that the measure did not ask for.
    pub(super) fn left(&self, measure: &str) -> Option<String> {
        let parameters = self.parameters.iter().map(|(key, value)| format!("{key}={value}"));
        let left: Vec<String> = parameters.chain(self.cut.map(|cut| format!("@{cut}"))).collect();
        (!left.is_empty()).then(|| format!("{measure} without {}", left.join(" and ")))
    }

    /// The relevance level, where one is given.
    pub(super) fn level(&mut self) -> Result<Option<RelevanceLevel>, Error> {
        self.number("rel")?.map(RelevanceLevel::at_least).transpose()
    }

    pub(super) fn cutoff(&mut self) -> Result<Cutoff, Error> {
        self.cut.take().map_or(Ok(Cutoff::NONE), str::parse)
    }

    /// A parameter that is a number.
    pub(super) fn number<T: std::str::FromStr>(&mut self, key: &str) -> Result<Option<T>, Error> {
        let Some(at) = self.parameters.iter().position(|&(name, _)| name == key) else {
            return Ok(None);
        };
        let (_, value) = self.parameters.remove(at);
        value.parse().map(Some).map_err(|_| self.invalid("a number"))
    }

    /// The parameters that are a grade and its gain.
    pub(super) fn gains(&mut self) -> Result<Option<Gains>, Error> {
        let given = std::mem::take(&mut self.parameters).into_iter();
        let pair = |(grade, gain): (&str, &str)| Some((grade.parse().ok()?, gain.parse().ok()?));
        let gains: Option<Vec<(i32, f64)>> = given.map(pair).collect();
        match gains.ok_or_else(|| self.invalid("a gain for a grade, as in ndcg(1=3,2=9)"))? {
            gains if gains.is_empty() => Ok(None),
            gains => Gains::new(&gains).map(Some),
        }
    }

    pub(super) fn invalid(&self, expected: &'static str) -> Error {
        Error::InvalidParameter { name: "parameter of a measure", expected, found: self.whole.to_owned() }
    }
}
