//! One pass over a component's sections: counts, names and constructs, before anything is validated.

use cordon_core::limits::{LimitClass, Limits};
use wasmparser::{CanonicalFunction, CanonicalOption, ComponentType, Encoding, Parser, Payload, TableSectionReader};

use crate::gate::{ComponentError, invalid};

const MIB: u64 = 1 << 20;

/// What a class admits. Measured with wasmtime 48.0.8: 20,000 nested components (238 kB) take 25 s to compile, 200,000
/// empty functions (1.2 MB) take 40 s and 1.1 GiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caps {
    pub(crate) size: u64,
    modules: u32,
    components: u32,
    nesting: u32,
    functions: u32,
    body: usize,
    /// Tables of one module, and the elements that one may start with.
    tables: u32,
    elements: u64,
    shape: Shape,
}

/// How a plugin is put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One component. Those nested in it hold types only and there are no resources but the contract's, so the engine
    /// generates no adapters between components and keeps no tables of the guest's making.
    Plain,
    /// Components inside components: an interpreter with what stands in for its system calls.
    Composed,
}

impl Caps {
    pub(crate) fn of(class: LimitClass) -> Self {
        let limits = Limits::of(class);
        let compiled = Self {
            size: 16 * MIB,
            modules: 8,
            // `wit-component` wraps each exported interface into one component of types.
            components: 8,
            nesting: 1,
            functions: 50_000,
            body: 1 << 20,
            tables: limits.tables,
            elements: limits.table_elements,
            shape: Shape::Plain,
        };
        match class {
            LimitClass::Compiled => compiled,
            LimitClass::Interpreted => {
                Self { size: 64 * MIB, modules: 200, components: 64, nesting: 8, shape: Shape::Composed, ..compiled }
            }
        }
    }
}

/// What the pass found.
#[derive(Debug)]
pub(crate) struct Scan {
    caps: Caps,
    /// The encodings of the sections we are inside of, outermost first.
    inside: Vec<Encoding>,
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
    pub(crate) modules: u32,
    pub(crate) components: u32,
    pub(crate) deepest: u32,
    pub(crate) functions: u32,
    pub(crate) memories: u32,
}

impl Scan {
    /// Reads every section and stops at the first that breaks the caps.
    pub(crate) fn of(component: &[u8], caps: Caps) -> Result<Self, ComponentError> {
        if !Parser::is_component(component) {
            return Err(ComponentError::NotAComponent);
        }
        let mut scan = Self {
            caps,
            inside: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            modules: 0,
            components: 0,
            deepest: 0,
            functions: 0,
            memories: 0,
        };
        for payload in Parser::new(0).parse_all(component) {
            scan.payload(payload.map_err(|error| invalid(&error))?)?;
        }
        Ok(scan)
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the validator looks at every section; these are the counted ones"
    )]
    fn payload(&mut self, payload: Payload<'_>) -> Result<(), ComponentError> {
        match payload {
            Payload::Version { encoding, .. } => self.enter(encoding),
            Payload::End(_) => {
                self.inside.pop();
                Ok(())
            }
            Payload::CodeSectionStart { count, .. } => {
                count_up(&mut self.functions, count, "functions", self.caps.functions)
            }
            Payload::CodeSectionEntry(body) if body.range().len() > self.caps.body => {
                Err(ComponentError::TooMany { what: "bytes in a function".into(), most: to_u64(self.caps.body) })
            }
            Payload::MemorySection(memories) => count_up(&mut self.memories, memories.count(), "memories", u32::MAX),
            Payload::TableSection(section) => self.tables(section),
            Payload::ComponentImportSection(section) if self.nesting() == 0 => read(section, |import| {
                self.imports.push(import.name.name.to_owned());
                Ok(())
            }),
            Payload::ComponentExportSection(section) if self.nesting() == 0 => read(section, |export| {
                self.exports.push(export.name.name.to_owned());
                Ok(())
            }),
            Payload::ComponentTypeSection(section) => read(section, |found| match found {
                ComponentType::Resource { .. } if self.caps.shape == Shape::Plain => {
                    Err(ComponentError::Construct("resources of its own".into()))
                }
                ComponentType::Resource { .. } | ComponentType::Defined(_) | ComponentType::Func(_) => Ok(()),
                ComponentType::Component(_) | ComponentType::Instance(_) => Ok(()),
            }),
            Payload::ComponentCanonicalSection(section) => {
                self.no_nested_code()?;
                read(section, |function| encoding(&function))
            }
            Payload::InstanceSection(_) | Payload::ComponentInstanceSection(_) => self.no_nested_code(),
            _ => Ok(()),
        }
    }

    /// What a module starts with beyond this could never be run.
    fn tables(&self, section: TableSectionReader<'_>) -> Result<(), ComponentError> {
        count_up(&mut 0, section.count(), "tables in a module", self.caps.tables)?;
        let most = self.caps.elements;
        read(section, |table| match table.ty.initial > most {
            true => Err(ComponentError::TooMany { what: "elements in a table".into(), most }),
            false => Ok(()),
        })
    }

    fn enter(&mut self, encoding: Encoding) -> Result<(), ComponentError> {
        match encoding {
            Encoding::Module => {
                self.no_nested_code()?;
                count_up(&mut self.modules, 1, "core modules", self.caps.modules)?;
            }
            Encoding::Component if !self.inside.is_empty() => {
                count_up(&mut self.components, 1, "nested components", self.caps.components)?;
            }
            Encoding::Component => {}
        }
        self.inside.push(encoding);
        self.deepest = self.deepest.max(self.nesting());
        if self.deepest > self.caps.nesting {
            return Err(ComponentError::TooMany {
                what: "levels of nesting".into(),
                most: u64::from(self.caps.nesting),
            });
        }
        Ok(())
    }

    /// 0 in the outermost component.
    fn nesting(&self) -> u32 {
        let components = self.inside.iter().filter(|encoding| **encoding == Encoding::Component).count();
        u32::try_from(components).unwrap_or(u32::MAX).saturating_sub(1)
    }

    fn no_nested_code(&self) -> Result<(), ComponentError> {
        if self.nesting() > 0 && self.caps.shape == Shape::Plain {
            return Err(ComponentError::Construct("code in nested components".into()));
        }
        Ok(())
    }
}

fn count_up(count: &mut u32, by: u32, what: &'static str, most: u32) -> Result<(), ComponentError> {
    *count = count.saturating_add(by);
    if *count > most { Err(ComponentError::TooMany { what: what.into(), most: u64::from(most) }) } else { Ok(()) }
}

/// Strings cross the boundary as UTF-8: the other encodings are rarely run paths of the engine.
fn encoding(function: &CanonicalFunction) -> Result<(), ComponentError> {
    let (CanonicalFunction::Lift { options, .. } | CanonicalFunction::Lower { options, .. }) = function else {
        return Ok(());
    };
    let other = |option: &CanonicalOption| matches!(option, CanonicalOption::UTF16 | CanonicalOption::CompactUTF16);
    if options.iter().any(other) { Err(ComponentError::Construct("strings other than UTF-8".into())) } else { Ok(()) }
}

fn read<'a, T: wasmparser::FromReader<'a>>(
    section: wasmparser::SectionLimited<'a, T>,
    mut each: impl FnMut(T) -> Result<(), ComponentError>,
) -> Result<(), ComponentError> {
    for item in section {
        each(item.map_err(|error| invalid(&error))?)?;
    }
    Ok(())
}

fn to_u64(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
