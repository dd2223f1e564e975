//! The machine that a pickle is a program for, as far as tensors need it.

use std::{collections::HashMap, path::Path};

use super::{
    objects::{Global, Object},
    opcodes as op,
};
use crate::error::Error;

/// Objects in containers, and on the stack: far more than any state has, and some 100 MB.
const MAX_OBJECTS: usize = 1 << 22;

/// What a program made.
pub(super) struct Made<'p> {
    program: &'p [u8],
    containers: Vec<Vec<Object>>,
    pub(super) result: Object,
    /// Where the next program starts.
    pub(super) end: usize,
}

/// Runs the program that starts at a byte.
pub(super) fn run<'p>(path: &Path, program: &'p [u8], start: usize) -> Result<Made<'p>, Error> {
    let mut machine = Machine { path, program, at: start, ..Machine::new(path, program) };
    let result = loop {
        let instruction = machine.take(1)?[0];
        if instruction == op::STOP {
            break machine.pop()?;
        }
        machine.step(instruction)?;
        if machine.objects > MAX_OBJECTS {
            return Err(machine.malformed(&format!("its program makes more than {MAX_OBJECTS} objects")));
        }
    };
    Ok(Made { program, containers: machine.containers, result, end: machine.at })
}

impl<'p> Made<'p> {
    /// What a tuple, a list or a dictionary holds; of a dictionary keys and values in turn.
    pub(super) fn held(&self, container: usize) -> &[Object] {
        self.containers.get(container).map_or(&[], Vec::as_slice)
    }

    pub(super) fn text(&self, object: &Object) -> Option<&'p str> {
        match object {
            Object::Text { start, length } => std::str::from_utf8(&self.program[*start..start + length]).ok(),
            _ => None,
        }
    }
}

struct Machine<'p> {
    path: &'p Path,
    program: &'p [u8],
    at: usize,
    stack: Vec<Object>,
    /// Where the stack was cut.
    marks: Vec<usize>,
    memo: HashMap<u32, Object>,
    containers: Vec<Vec<Object>>,
    /// How many objects were pushed so far.
    objects: usize,
}

impl<'p> Machine<'p> {
    fn new(path: &'p Path, program: &'p [u8]) -> Self {
        let (stack, marks, memo, containers) = (Vec::new(), Vec::new(), HashMap::new(), Vec::new());
        Self { path, program, at: 0, stack, marks, memo, containers, objects: 0 }
    }

    fn malformed(&self, reason: &str) -> Error {
        let reason = format!("{reason}, before byte {} of its program", self.at);
        Error::MalformedWeights { path: self.path.to_owned(), reason }
    }

    fn refuse(&self, found: String) -> Error {
        Error::Pickle { path: self.path.to_owned(), found }
    }

    fn step(&mut self, instruction: u8) -> Result<(), Error> {
        match instruction {
            op::PROTO => drop(self.take(1)?),
            op::FRAME => drop(self.take(8)?),
            op::MARK => {
                self.objects += 1;
                self.marks.push(self.stack.len());
            }
            op::NONE => self.push(Object::None),
            op::TRUE => self.push(Object::Bool(true)),
            op::FALSE => self.push(Object::Bool(false)),
            op::INT_1 => self.push_int(1)?,
            op::INT_2 => self.push_int(2)?,
            op::INT_4 => {
                let number = self.number(4)? as u32;
                self.push(Object::Int(i64::from(number.cast_signed())));
            }
            op::LONG => self.push_long()?,
            op::FLOAT => {
                self.take(8)?;
                self.push(Object::Float);
            }
            op::TEXT_1 | op::BYTES_1 => self.push_text(1)?,
            op::TEXT_4 | op::BYTES_4 => self.push_text(4)?,
            op::TEXT_8 => self.push_text(8)?,
            op::PUT_1 => self.put(1)?,
            op::PUT_4 => self.put(4)?,
            op::MEMOIZE => {
                let at = self.memo.len() as u32;
                self.remember(at)?;
            }
            op::GET_1 => self.get(1)?,
            op::GET_4 => self.get(4)?,
            op::GLOBAL | op::STACK_GLOBAL => self.global(instruction)?,
            op::PERSISTENT | op::REDUCE | op::BUILD => self.call(instruction)?,
            _ => self.contain(instruction)?,
        }
        Ok(())
    }

    /// Instructions that make containers and fill them.
    fn contain(&mut self, instruction: u8) -> Result<(), Error> {
        match instruction {
            op::EMPTY_TUPLE => self.push_container(Vec::new(), Object::Tuple),
            op::EMPTY_LIST => self.push_container(Vec::new(), Object::List),
            op::EMPTY_DICT => self.push_container(Vec::new(), Object::Dict),
            op::TUPLE => {
                let held = self.pop_to_mark()?;
                self.push_container(held, Object::Tuple);
            }
            op::TUPLE_1 | op::TUPLE_2 | op::TUPLE_3 => {
                let held = self.pop_many(usize::from(instruction - op::TUPLE_1) + 1)?;
                self.push_container(held, Object::Tuple);
            }
            op::APPEND | op::SET_ITEM => {
                let held = self.pop_many(if instruction == op::APPEND { 1 } else { 2 })?;
                self.fill(held, instruction == op::APPEND)?;
            }
            op::APPENDS | op::SET_ITEMS => {
                let held = self.pop_to_mark()?;
                self.fill(held, instruction == op::APPENDS)?;
            }
            other => {
                return Err(self.refuse(format!("the instruction {other:#04x} ({:?})", char::from(other))));
            }
        }
        Ok(())
    }

    /// Functions, which are done here and not called.
    fn call(&mut self, instruction: u8) -> Result<(), Error> {
        if instruction == op::PERSISTENT {
            return match self.pop()? {
                Object::Tuple(description) => {
                    self.push(Object::Storage(description));
                    Ok(())
                }
                _ => Err(self.malformed("a storage is not described by a tuple")),
            };
        }
        let given = self.pop()?;
        let called = self.pop()?;
        match (instruction, called, given) {
            // Attributes of a dictionary: the versions of a state's modules.
            (op::BUILD, Object::Dict(_), _) => self.push(called),
            (op::REDUCE, Object::Global(Global::OrderedDict), Object::Tuple(given)) => {
                if !self.containers[given].is_empty() {
                    return Err(self.refuse("an OrderedDict made of something".to_owned()));
                }
                self.push_container(Vec::new(), Object::Dict);
            }
            (op::REDUCE, Object::Global(Global::RebuildTensor), Object::Tuple(given)) => {
                self.push(Object::Tensor(given));
            }
            (op::REDUCE, Object::Global(Global::RebuildParameter), Object::Tuple(given)) => {
                match self.containers[given].first() {
                    Some(&tensor @ Object::Tensor(_)) => self.push(tensor),
                    _ => return Err(self.malformed("a parameter is not made of a tensor")),
                }
            }
            _ => return Err(self.refuse(format!("a call of {called:?}"))),
        }
        Ok(())
    }

    fn global(&mut self, instruction: u8) -> Result<(), Error> {
        let (module, name) = match instruction {
            op::GLOBAL => (self.line()?, self.line()?),
            _ => {
                let (name, module) = (self.pop()?, self.pop()?);
                (self.text(&module)?, self.text(&name)?)
            }
        };
        match Global::of(&module, &name) {
            Some(global) => self.push(Object::Global(global)),
            None => {
                let short = |text: &str| text.chars().take(80).collect::<String>();
                return Err(self.refuse(format!("{}.{}", short(&module), short(&name))));
            }
        }
        Ok(())
    }

    fn take(&mut self, count: usize) -> Result<&'p [u8], Error> {
        let taken = self.at.checked_add(count).and_then(|end| self.program.get(self.at..end));
        let taken = taken.ok_or_else(|| self.malformed("its program ends too early"))?;
        self.at += count;
        Ok(taken)
    }

    fn number(&mut self, bytes: usize) -> Result<u64, Error> {
        Ok(self.take(bytes)?.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// A text to the end of its line.
    fn line(&mut self) -> Result<String, Error> {
        const MAX_NAME: usize = 1024;
        let rest = &self.program[self.at..];
        let end = rest.iter().take(MAX_NAME).position(|&byte| byte == b'\n');
        let end = end.ok_or_else(|| self.malformed("a name has no end"))?;
        self.at += end + 1;
        Ok(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    fn text(&self, object: &Object) -> Result<String, Error> {
        match object {
            Object::Text { start, length } => {
                Ok(String::from_utf8_lossy(&self.program[*start..start + length]).into_owned())
            }
            _ => Err(self.malformed("a name is not a text")),
        }
    }

    fn push(&mut self, object: Object) {
        self.objects += 1;
        self.stack.push(object);
    }

    fn push_int(&mut self, bytes: usize) -> Result<(), Error> {
        let number = self.number(bytes)?;
        self.push(Object::Int(number as i64));
        Ok(())
    }

    /// A number of up to 8 bytes with a sign; one of more is no size that a tensor has.
    fn push_long(&mut self) -> Result<(), Error> {
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

    fn push_text(&mut self, bytes: usize) -> Result<(), Error> {
        let length = usize::try_from(self.number(bytes)?).unwrap_or(usize::MAX);
        let start = self.at;
        self.take(length)?;
        self.push(Object::Text { start, length });
        Ok(())
    }

    fn push_container(&mut self, held: Vec<Object>, of: fn(usize) -> Object) {
        self.containers.push(held);
        self.push(of(self.containers.len() - 1));
    }

    fn fill(&mut self, held: Vec<Object>, is_list: bool) -> Result<(), Error> {
        match (self.stack.last(), is_list) {
            (Some(Object::List(at)), true) => self.containers[*at].extend(held),
            (Some(Object::Dict(at)), false) if held.len().is_multiple_of(2) => {
                self.containers[*at].extend(held);
            }
            _ => return Err(self.malformed("what is filled is not a container")),
        }
        Ok(())
    }

    fn pop(&mut self) -> Result<Object, Error> {
        let bottom = self.marks.last().copied().unwrap_or(0);
        let popped = if self.stack.len() > bottom { self.stack.pop() } else { None };
        popped.ok_or_else(|| self.malformed("an object is missing"))
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Object>, Error> {
        let mut popped = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        popped.reverse();
        Ok(popped)
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Object>, Error> {
        let mark = self.marks.pop().ok_or_else(|| self.malformed("a mark is missing"))?;
        Ok(self.stack.split_off(mark))
    }

    fn put(&mut self, bytes: usize) -> Result<(), Error> {
        let at = self.number(bytes)? as u32;
        self.remember(at)
    }

    fn remember(&mut self, at: u32) -> Result<(), Error> {
        let top = *self.stack.last().ok_or_else(|| self.malformed("an object is missing"))?;
        self.objects += usize::from(self.memo.insert(at, top).is_none());
        Ok(())
    }

    fn get(&mut self, bytes: usize) -> Result<(), Error> {
        let at = self.number(bytes)? as u32;
        let object = *self.memo.get(&at).ok_or_else(|| self.malformed("an object was never kept"))?;
        self.push(object);
        Ok(())
    }
}
