//! The table, as Markdown.

use std::fmt::Write;

use ess_metrics::NamedMeasure;

use crate::{
    compare::measure,
    output::{
        figures::{difference_interval, figure, signed},
        together::Together,
    },
};

use super::{
    cell::{Cell, Difference, Measured, Outcome},
    peers::Peer,
    system::System,
};

/// What the document is of.
pub(crate) struct Report<'a> {
    pub(crate) data: &'a [String],
    pub(crate) systems: &'a [System],
    pub(crate) cells: &'a [Cell],
    pub(crate) measure: NamedMeasure,
    /// Of the bootstrap.
    pub(crate) seed: u64,
}

impl Report<'_> {
    /// The whole document.
    pub(crate) fn markdown(&self, against: &[String], peers: &[Peer]) -> String {
        let mut text = INTRODUCTION.replace("{measure}", &measure::title(self.measure));
        let _ = writeln!(text, "| system | parameters | CPU-s | {} |", self.data.join(" | "));
        let _ = writeln!(text, "|---|---|---|{}", "---|".repeat(self.data.len()));
        let table = self.together(&System::Frozen);
        for system in self.systems.iter().filter(|system| !matches!(system, System::Member { .. })) {
            text.push_str(&self.row(system, &table));
            if system.name() == "ensemble" {
                text.push_str(&self.members());
            }
        }
        text.push_str(&self.impossible());
        for baseline in self.systems.iter().filter(|system| against.contains(&system.name())) {
            text.push_str(&self.differences_to(baseline));
        }
        if !peers.is_empty() {
            text.push_str(&peer_rows(self.data, peers));
        }
        text
    }
}

const INTRODUCTION: &str = "# Every searching module on every data set

{measure} on test queries, and in brackets the paired 95 % bootstrap interval of the difference to the frozen encoder. All
kinds have their default settings and the same trainer, and what is chosen is chosen on dev. *Figures in italics* are of
modules that the baseline guard gave up: dev did not show that they are better, so the identity, the frozen row, was returned in
their place. **Bold** figures are of modules whose difference is significant: an interval without 0 and a p-value
(randomisation test) below .05 after Holm's correction over the whole table. CPU-seconds are those of fitting on the first data set, on all threads, evaluation on dev included.

Written by `ess compare modules`. Searching modules are named as `train --module` names them. *Item offsets* and *maps* are of
the items, which must then be indexed again (not encoded again): alone, trained at once with a linear module, or after it;
a *shared map* is one linear module for both sides. New items gain nothing from offsets. *Over tokens*, *over layers* and
*over found items* are modules that read more of a query than one vector. They read the states of its tokens, poolings of several
layers of the encoder, and what a first pass of the index found for it.

";

impl Report<'_> {
    fn cell(&self, data: &str, system: &System) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.data.split.name == data && cell.system == *system)
    }

    fn measured(&self, data: &str, system: &System) -> Option<&Measured> {
        match &self.cell(data, system)?.outcome {
            Outcome::Measured(measured) => Some(measured),
            Outcome::Impossible(_) => None,
        }
    }

    /// A system less the baseline on one data set.
    fn difference(&self, data: &str, system: &System, baseline: &System) -> Option<Difference> {
        self.measured(data, system)?.difference_to(self.measured(data, baseline)?, self.seed)
    }

    /// All differences of a table to one baseline.
    fn together(&self, baseline: &System) -> Together {
        let others = self.systems.iter().filter(|system| *system != baseline);
        let others = others.filter(|system| !matches!(system, System::Member { .. }));
        let of_system =
            |system| self.data.iter().map(move |data| Some(self.difference(data, system, baseline)?.p));
        Together::new(others.flat_map(of_system))
    }

    fn row(&self, system: &System, table: &Together) -> String {
        let first = self.data.iter().find_map(|data| self.measured(data, system));
        let (parameters, seconds) = match first {
            Some(measured) if measured.parameters > 0 => {
                (measured.parameters.to_string(), format!("{:.1}", measured.cpu_seconds))
            }
            _ => (String::new(), String::new()),
        };
        let figures = self.data.iter().map(|data| match self.measured(data, system) {
            Some(measured) if *system == System::Frozen => figure(measured.value),
            Some(measured) => {
                let p = self.difference(data, system, &System::Frozen).map(|difference| difference.p);
                table.emphasised(&with_interval(measured), measured.interval, p)
            }
            None => "–".to_owned(),
        });
        format!(
            "| {} | {parameters} | {seconds} | {} |\n",
            system.name(),
            figures.collect::<Vec<_>>().join(" | ")
        )
    }

    /// The mean of the members of the default ensemble.
    fn members(&self) -> String {
        let members: Vec<&System> =
            self.systems.iter().filter(|system| matches!(system, System::Member { .. })).collect();
        if members.is_empty() {
            return String::new();
        }
        let mean = |data: &String| {
            let values: Option<Vec<f64>> = members
                .iter()
                .map(|member| self.measured(data, member).map(|measured| measured.value))
                .collect();
            values.map_or("–".to_owned(), |values| figure(values.iter().sum::<f64>() / values.len() as f64))
        };
        let figures: Vec<String> = self.data.iter().map(mean).collect();
        format!("| its members, mean | | | {} |\n", figures.join(" | "))
    }

    /// Every other system less `baseline`, on each data set.
    fn differences_to(&self, baseline: &System) -> String {
        let (name, measure) = (baseline.name(), measure::title(self.measure));
        let mut text = format!(
            "\n## Against {name}\n\nThe difference of {measure} on test to that of {name}, whether or not the guard gave one of both up, with its \
             paired 95 % bootstrap\ninterval; **bold** as above, corrected over this table.\n\n| system | {} |\n|---|{}\n",
            self.data.join(" | "),
            "---|".repeat(self.data.len())
        );
        let others = self.systems.iter().filter(|system| *system != baseline);
        let table = self.together(baseline);
        for system in others.filter(|system| !matches!(system, System::Member { .. })) {
            let difference = |data: &String| {
                let Difference { mean, interval, p } = self.difference(data, system, baseline)?;
                let text = format!("{} {}", signed(mean, 4), difference_interval(interval));
                Some(table.emphasised(&text, interval, Some(p)))
            };
            let figures = self.data.iter().map(|data| difference(data).unwrap_or_else(|| "–".to_owned()));
            let _ = writeln!(text, "| {} | {} |", system.name(), figures.collect::<Vec<_>>().join(" | "));
        }
        text
    }

    /// Why there are dashes.
    fn impossible(&self) -> String {
        let mut reasons: Vec<String> = Vec::new();
        for cell in self.cells {
            if let Outcome::Impossible(reason) = &cell.outcome {
                let line = format!("- {}: {reason}", cell.system.name());
                if !reasons.contains(&line) {
                    reasons.push(line);
                }
            }
        }
        if reasons.is_empty() {
            String::new()
        } else {
            format!("\nNot possible on these data:\n\n{}\n", reasons.join("\n"))
        }
    }
}

fn peer_rows(data: &[String], peers: &[Peer]) -> String {
    let mut text = String::from(
        "\n## Measured elsewhere\n\nThis program ran none of these; each row names who did.\n\n",
    );
    let _ = writeln!(text, "| system | source | {} |", data.join(" | "));
    let _ = writeln!(text, "|---|---|{}", "---|".repeat(data.len()));
    for peer in peers {
        let figures =
            data.iter().map(|data| peer.values.get(data).map_or("–".to_owned(), |&value| figure(value)));
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            peer.name,
            peer.source,
            figures.collect::<Vec<_>>().join(" | ")
        );
    }
    text
}

/// `.7960 [+.100, +.200]`
fn with_interval(measured: &Measured) -> String {
    let text = format!("{} {}", figure(measured.value), difference_interval(measured.interval));
    if measured.returned { text } else { format!("*{text}*") }
}

#[cfg(test)]
mod tests;
