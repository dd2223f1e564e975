//! The header of an `.npy` file: a Python dictionary with three entries.

pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
const MAX_HEADER_BYTES: usize = 1 << 16;

/// What was expected and what was found.
pub(super) type Mismatch = (&'static str, String);

/// What a header says; nothing of it is checked against the file's size yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Size of a floating-point number in bytes: 2, 4 or 8.
    pub(super) value_bytes: usize,
    pub(super) big_endian: bool,
    pub(super) fortran_order: bool,
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Where the matrix starts in the file.
    pub(super) data_start: usize,
}

impl Header {
    pub(super) fn read(file: &[u8]) -> Result<Self, Mismatch> {
        let torn = || ("an .npy header", format!("a file that ends after {} bytes", file.len()));
        let rest = file.strip_prefix(MAGIC).ok_or_else(|| {
            let start = &file[..file.len().min(MAGIC.len())];
            let found = || format!("{:?}", start.escape_ascii().to_string());
            let found = ess_files::kind_of(file).map_or_else(found, str::to_owned);
            ("an .npy file, which starts with \\x93NUMPY", found)
        })?;
        let (version, rest) = rest.split_first_chunk::<2>().ok_or_else(torn)?;
        let (length, length_bytes) = match version[0] {
            1 => (rest.first_chunk().map(|bytes| u32::from(u16::from_le_bytes(*bytes))), 2),
            2 | 3 => (rest.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)), 4),
            other => return Err((".npy format version 1, 2 or 3", other.to_string())),
        };
        let length = length.ok_or_else(torn)? as usize;
        if length > MAX_HEADER_BYTES {
            return Err(("an .npy header of at most 65536 bytes", format!("{length} bytes announced")));
        }
        let text = rest.get(length_bytes..length_bytes + length).ok_or_else(torn)?;
        let text =
            std::str::from_utf8(text).map_err(|_| ("an .npy header of text", "other bytes".to_owned()))?;
        // Python 2 wrote the numbers of a shape as long ones, 3L; format version 3 is younger than that.
        let long_numbers = version[0] < 3;
        Fields::parse(text, long_numbers)?.into_header(MAGIC.len() + 2 + length_bytes + length)
    }
}

#[derive(Default)]
struct Fields<'a> {
    descr: Option<&'a str>,
    fortran_order: Option<bool>,
    shape: Option<Vec<usize>>,
    long_numbers: bool,
}

impl<'a> Fields<'a> {
    fn parse(text: &'a str, long_numbers: bool) -> Result<Self, Mismatch> {
        let malformed =
            || ("an .npy header with descr, fortran_order and shape", format!("{:?}", text.trim()));
        let mut fields = Self { long_numbers, ..Self::default() };
        let mut rest = text.trim().strip_prefix('{').ok_or_else(malformed)?.trim_start();
        while rest != "}" {
            rest = fields.parse_entry(rest).ok_or_else(malformed)?;
        }
        Ok(fields)
    }

    /// Reads `'key': value,`, the comma optional before the closing brace, and gives what follows.
    fn parse_entry(&mut self, text: &'a str) -> Option<&'a str> {
        let (key, rest) = quoted(text)?;
        let rest = rest.trim_start().strip_prefix(':')?.trim_start();
        let rest = match key {
            "descr" if self.descr.is_none() => {
                let (descr, rest) = quoted(rest)?;
                self.descr = Some(descr);
                rest
            }
            "fortran_order" if self.fortran_order.is_none() => {
                let rest_after = |word| rest.strip_prefix(word);
                self.fortran_order = Some(rest.starts_with("True"));
                rest_after("True").or_else(|| rest_after("False"))?
            }
            "shape" if self.shape.is_none() => {
                let (inside, rest) = rest.strip_prefix('(')?.split_once(')')?;
                self.shape = Some(self.tuple(inside)?);
                rest
            }
            _ => return None,
        };
        let rest = rest.trim_start();
        if rest == "}" { Some(rest) } else { rest.strip_prefix(',').map(str::trim_start) }
    }

    /// The numbers of a tuple, the last of which may have a comma behind it.
    fn tuple(&self, inside: &str) -> Option<Vec<usize>> {
        let inside = inside.trim();
        if inside.is_empty() {
            return Some(Vec::new());
        }
        let numbers = inside.strip_suffix(',').unwrap_or(inside).split(',').map(str::trim);
        let digits = |number: &'_ str| match number.strip_suffix('L') {
            Some(digits) if self.long_numbers => digits.parse().ok(),
            _ => number.parse().ok(),
        };
        numbers.map(digits).collect()
    }

    fn into_header(self, data_start: usize) -> Result<Header, Mismatch> {
        let descr = self.descr.unwrap_or("none");
        let (big_endian, value_bytes) = number_type(descr).ok_or_else(|| {
            ("numbers of type f2, f4 or f8 (float16, float32, float64)", format!("{descr:?}"))
        })?;
        let shape = self.shape.unwrap_or_default();
        let [rows, columns] = shape[..] else {
            return Err(("a matrix, with a shape of two numbers", format!("the shape {shape:?}")));
        };
        let fortran_order =
            self.fortran_order.ok_or_else(|| ("an .npy header with fortran_order", "none".to_owned()))?;
        Ok(Header { value_bytes, big_endian, fortran_order, rows, columns, data_start })
    }
}

/// Whether the values of a type are big-endian, and their size in bytes, by each name that NumPy has for it.
fn number_type(descr: &str) -> Option<(bool, usize)> {
    let name = descr.strip_prefix(['<', '=', '|', '>']).unwrap_or(descr);
    let value_bytes = match name {
        "f2" | "e" | "float16" | "half" => 2,
        "f4" | "f" | "float32" | "single" => 4,
        "f8" | "d" | "float64" | "double" => 8,
        _ => return None,
    };
    Some((descr.starts_with('>'), value_bytes))
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    // A string of Python 2 may be marked as Unicode.
    let text = text.strip_prefix('u').unwrap_or(text);
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split_once(quote)
}
