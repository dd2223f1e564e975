//! The tables of searching against fine-tuning.

use std::fmt::Write;

use crate::{experiment::figures::or_dash, output::together::Together};

use super::direct::Direct;

/// A question, and the words for a significant difference of either sign.
struct Question {
    text: &'static str,
    more: &'static str,
    less: &'static str,
}

const INSTEAD: Question = Question {
    text: "Does a module on the frozen encoder find more than the fine-tuned encoder alone? Differences are the module less the \
        fine-tuned encoder.",
    more: "the module finds more",
    less: "the fine-tuned encoder finds more",
};

const BENEATH: Question = Question {
    text: "Does fine-tuning add anything beneath a module? Differences are the module on the fine-tuned encoder less the same module on \
        the frozen one.",
    more: "fine-tuning adds",
    less: "fine-tuning costs",
};

const HEADINGS: &str =
    "| module | fine-tuned encoder | all | seen | unseen | over all queries |\n|---|---|---|---|---|---|\n";

/// Writes both tables, unless there is nothing in them.
pub(super) fn write(text: &mut String, direct: &[Direct<'_>], together: &Together) {
    if direct.is_empty() {
        return;
    }
    text.push_str("\n### Searching against fine-tuning\n");
    for (question, instead) in [(INSTEAD, true), (BENEATH, false)] {
        let _ = write!(text, "\n{}\n\n{HEADINGS}", question.text);
        for pair in direct.iter().filter(|pair| pair.is_instead() == instead) {
            line(text, pair, &question, together);
        }
    }
}

fn line(text: &mut String, pair: &Direct<'_>, question: &Question, together: &Together) {
    let [all, seen, unseen] = pair
        .groups
        .each_ref()
        .map(|group| or_dash(group.as_ref().map(|compared| compared.difference(together))));
    let _ = writeln!(
        text,
        "| {} | {} | {all} | {seen} | {unseen} | {} |",
        pair.system.module.unwrap_or_default(),
        pair.tuned(),
        question.answer(pair, together)
    );
}

impl Question {
    fn answer(&self, pair: &Direct<'_>, together: &Together) -> &'static str {
        let all = pair.groups[0].as_ref();
        match all.filter(|all| together.is_significant(all.interval, Some(all.p))) {
            Some(all) if all.mean > all.baseline => self.more,
            Some(_) => self.less,
            None => "no difference is shown",
        }
    }
}
