//! The machine that a pickle is a program for, as far as tensors need it.

mod state;

use std::path::Path;

use super::{
    objects::{Global, Object},
    opcodes as op,
};
use crate::error::Error;
use state::Machine;

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

impl Machine<'_> {
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
}
