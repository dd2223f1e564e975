//! The fields of lines as programs write them.

use crate::lines::BLOCK_BYTES;

/// Bytes that are looked at together.
const WINDOW: usize = 64;

/// A byte in each place of a word.
const EACH: u64 = 0x0101_0101_0101_0101;

/// Where the fields of some lines end.
///
/// It is known for all lines before the first of them is read, so that the processor need not read to the end of one before it
/// begins with the next.
#[derive(Default)]
pub(super) struct FieldEnds {
    /// Where bytes are not above a space, as white space is.
    low: Vec<u32>,
    /// How many of them are behind.
    behind: usize,
}

impl FieldEnds {
    /// Looks for the ends in another text. One that is longer than readers give at once has a line that no program writes; its
    /// lines are not usual.
    pub(super) fn look(&mut self, text: &[u8]) {
        self.low.clear();
        self.behind = 0;
        if text.len() > BLOCK_BYTES {
            return;
        }
        let (windows, rest) = text.as_chunks();
        let mut start = 0;
        for window in windows {
            let mut low = low_bytes(window);
            while low != 0 {
                self.low.push(start + low.trailing_zeros());
                low &= low - 1;
            }
            start += WINDOW as u32;
        }
        let rest = (start..).zip(rest).filter(|(_, byte)| **byte <= b' ');
        self.low.extend(rest.map(|(at, _)| at));
    }

    /// Where the six fields of the next line end, which starts here, and where the one behind it starts. The line is usual: between
    /// fields is one space or one tab, the same everywhere, and nothing but a line end stands behind the last. `None` for any other
    /// line, which is to be passed.
    #[inline]
    pub(super) fn usual_line(&mut self, text: &[u8], start: usize) -> Option<([usize; 6], usize)> {
        let ends = self.low.get(self.behind..)?.first_chunk::<6>()?.map(|end| end as usize);
        let (mut empty, mut field) = (false, start);
        for end in ends {
            empty |= end <= field;
            field = end + 1;
        }
        let separator = text[ends[0]];
        let others = ends[1..5].iter().fold(0, |others, end| others | (text[*end] ^ separator));
        if empty || others != 0 || !matches!(separator, b' ' | b'\t') {
            return None;
        }
        let end = match text[ends[5]..] {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => return None,
        };
        self.behind += 5 + end;
        Some((ends, ends[5] + end))
    }

    /// Passes over a line, up to where the next one starts.
    pub(super) fn pass(&mut self, next: usize) {
        while self.low.get(self.behind).is_some_and(|low| (*low as usize) < next) {
            self.behind += 1;
        }
    }
}

/// Which bytes are not above a space, as bits.
#[inline]
fn low_bytes(window: &[u8; WINDOW]) -> u64 {
    let words = window.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word));
    words.rev().fold(0, |bits, word| {
        // The highest bit of a place is set where the byte is above; no carry leaves a place.
        let above = ((word & (EACH * 0x7f)) + EACH * (0x7f - 0x20)) | word;
        // The bits of all places, one for each, come together in the highest.
        let low = ((!above >> 7) & EACH).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        (bits << 8) | low
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lines, most of them usual.
    fn lines() -> impl Strategy<Value = Vec<String>> {
        let field = prop_oneof![8 => "[!-~é\u{80}]{1,9}", 1 => "[!-~]{30,150}", 1 => "[!-~\u{b}\0]{0,4}"];
        let fields = prop_oneof![8 => prop::collection::vec(field.clone(), 6), 1 => prop::collection::vec(field, 0..8)];
        let separator = prop_oneof![8 => "[ \t]", 1 => "[ \t\r\u{c}]{1,2}"];
        let end = prop_oneof![6 => "\n", 2 => "\r\n", 1 => "\r|\r\r\n| \n|\t\n"];
        let line =
            (fields, separator, end).prop_map(|(fields, separator, end)| fields.join(&separator) + &end);
        prop::collection::vec(line, 0..12)
    }

    fn is_usual(line: &str) -> bool {
        let separator = if line.contains('\t') { '\t' } else { ' ' };
        let Some(line) = line.strip_suffix('\n') else { return false };
        let fields: Vec<&str> = line.strip_suffix('\r').unwrap_or(line).split(separator).collect();
        fields.len() == 6
            && fields.iter().all(|field| !field.is_empty() && field.bytes().all(|byte| byte > b' '))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn usual_lines_have_the_fields_that_the_standard_library_finds(lines in lines()) {
            let text: String = lines.concat();
            let mut ends = FieldEnds::default();
            // What was known of another text is forgotten.
            ends.look(b"a b c d e f\ng h i");
            ends.look(text.as_bytes());
            let mut start = 0;
            for line in text.split_inclusive('\n') {
                let found = ends.usual_line(text.as_bytes(), start);
                prop_assert_eq!(found.is_some(), is_usual(line), "{:?}", line);
                if let Some((ends, next)) = found {
                    prop_assert_eq!(next, start + line.len());
                    let starts = std::iter::once(start).chain(ends.iter().map(|end| end + 1));
                    let fields: Vec<&str> = starts.zip(ends).map(|(start, end)| &text[start..end]).collect();
                    prop_assert_eq!(fields, line.split_ascii_whitespace().collect::<Vec<_>>());
                }
                start += line.len();
                ends.pass(start);
            }
        }

        #[test]
        fn low_bytes_are_those_up_to_a_space(bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0_u8..0x23], WINDOW)) {
            let window: &[u8; WINDOW] = bytes.first_chunk().unwrap();
            let expected = (0..WINDOW).fold(0, |bits, at| bits | (u64::from(window[at] <= b' ') << at));
            prop_assert_eq!(low_bytes(window), expected);
        }
    }

    #[test]
    fn lines_of_a_text_with_an_endless_line_are_not_usual() {
        let line = "q Q0 d 1 0.5 tag\n";
        let mut ends = FieldEnds::default();
        ends.look(line.as_bytes());
        assert_eq!(ends.usual_line(line.as_bytes(), 0), Some(([1, 4, 6, 8, 12, 16], 17)));
        let long = line.to_owned() + &"x".repeat(BLOCK_BYTES);
        ends.look(long.as_bytes());
        assert_eq!(ends.usual_line(long.as_bytes(), 0), None);
    }
}
