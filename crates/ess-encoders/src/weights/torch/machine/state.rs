//! What the machine has: the program, its stack, what it keeps and what it made.

use std::{collections::HashMap, path::Path};

use crate::{error::Error, weights::torch::objects::Object};

/// A program that is run, and all that it came to so far.
pub(super) struct Machine<'p> {
    pub(super) path: &'p Path,
    pub(super) program: &'p [u8],
    pub(super) at: usize,
    pub(super) stack: Vec<Object>,
    /// Where the stack was cut.
    pub(super) marks: Vec<usize>,
    pub(super) memo: HashMap<u32, Object>,
    pub(super) containers: Vec<Vec<Object>>,
    /// How many objects were pushed so far.
    pub(super) objects: usize,
}

impl<'p> Machine<'p> {
    pub(super) fn new(path: &'p Path, program: &'p [u8]) -> Self {
        let (stack, marks, memo, containers) = (Vec::new(), Vec::new(), HashMap::new(), Vec::new());
        Self { path, program, at: 0, stack, marks, memo, containers, objects: 0 }
    }

    pub(super) fn malformed(&self, reason: &str) -> Error {
        let reason = format!("{reason}, before byte {} of its program", self.at);
        Error::MalformedWeights { path: self.path.to_owned(), reason }
    }

    pub(super) fn refuse(&self, found: String) -> Error {
        Error::Pickle { path: self.path.to_owned(), found }
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'p [u8], Error> {
        let taken = self.at.checked_add(count).and_then(|end| self.program.get(self.at..end));
        let taken = taken.ok_or_else(|| self.malformed("its program ends too early"))?;
        self.at += count;
        Ok(taken)
    }

    pub(super) fn number(&mut self, bytes: usize) -> Result<u64, Error> {
        Ok(self.take(bytes)?.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// A text to the end of its line.
    pub(super) fn line(&mut self) -> Result<String, Error> {
        const MAX_NAME: usize = 1024;
        let rest = &self.program[self.at..];
        let end = rest.iter().take(MAX_NAME).position(|&byte| byte == b'\n');
        let end = end.ok_or_else(|| self.malformed("a name has no end"))?;
        self.at += end + 1;
        Ok(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    pub(super) fn text(&self, object: &Object) -> Result<String, Error> {
        match object {
            Object::Text { start, length } => {
                Ok(String::from_utf8_lossy(&self.program[*start..start + length]).into_owned())
            }
            _ => Err(self.malformed("a name is not a text")),
        }
    }

    pub(super) fn push(&mut self, object: Object) {
        self.objects += 1;
        self.stack.push(object);
    }

    pub(super) fn push_int(&mut self, bytes: usize) -> Result<(), Error> {
        let number = self.number(bytes)?;
        self.push(Object::Int(number as i64));
        Ok(())
    }

    /// A number of up to 8 bytes with a sign; one of more is no size that a tensor has.
    pub(super) fn push_long(&mut self) -> Result<(), Error> {
        let length = self.number(1)? as usize;
        let bytes = self.take(length)?;
        let mut whole = [if bytes.last().is_some_and(|&last| last >= 0x80) { 0xff } else { 0 }; 8];
        let object = match whole.get_mut(..length) {
            Some(own) => {
                own.copy_from_slice(bytes);
                Object::Int(i64::from_le_bytes(whole))
            }
            None => Object::Float,
        };
        self.push(object);
        Ok(())
    }

    pub(super) fn push_text(&mut self, bytes: usize) -> Result<(), Error> {
        let length = usize::try_from(self.number(bytes)?).unwrap_or(usize::MAX);
        let start = self.at;
        self.take(length)?;
        self.push(Object::Text { start, length });
        Ok(())
    }

    pub(super) fn push_container(&mut self, held: Vec<Object>, of: fn(usize) -> Object) {
        self.containers.push(held);
        self.push(of(self.containers.len() - 1));
    }

    pub(super) fn fill(&mut self, held: Vec<Object>, is_list: bool) -> Result<(), Error> {
        match (self.stack.last(), is_list) {
            (Some(Object::List(at)), true) => self.containers[*at].extend(held),
            (Some(Object::Dict(at)), false) if held.len().is_multiple_of(2) => {
                self.containers[*at].extend(held);
            }
            _ => return Err(self.malformed("what is filled is not a container")),
        }
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Result<Object, Error> {
        let bottom = self.marks.last().copied().unwrap_or(0);
        let popped = if self.stack.len() > bottom { self.stack.pop() } else { None };
        popped.ok_or_else(|| self.malformed("an object is missing"))
    }

    pub(super) fn pop_many(&mut self, count: usize) -> Result<Vec<Object>, Error> {
        let mut popped = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        popped.reverse();
        Ok(popped)
    }

    pub(super) fn pop_to_mark(&mut self) -> Result<Vec<Object>, Error> {
        let mark = self.marks.pop().ok_or_else(|| self.malformed("a mark is missing"))?;
        Ok(self.stack.split_off(mark))
    }

    pub(super) fn put(&mut self, bytes: usize) -> Result<(), Error> {
        let at = self.number(bytes)? as u32;
        self.remember(at)
    }

    pub(super) fn remember(&mut self, at: u32) -> Result<(), Error> {
        let top = *self.stack.last().ok_or_else(|| self.malformed("an object is missing"))?;
        self.objects += usize::from(self.memo.insert(at, top).is_none());
        Ok(())
    }

    pub(super) fn get(&mut self, bytes: usize) -> Result<(), Error> {
        let at = self.number(bytes)? as u32;
        let object = *self.memo.get(&at).ok_or_else(|| self.malformed("an object was never kept"))?;
        self.push(object);
        Ok(())
    }
}
