//! What a run may use. Every limit has a default, and a manifest can only ask within its class.

use serde::{Deserialize, Serialize};

/// The two shapes of guests: compiled ones are one small module, interpreted ones carry an interpreter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitClass {
    /// Rust, C: no nested components.
    Compiled,
    /// JavaScript, Python: nested components, more modules, tables, memory and fuel.
    Interpreted,
}

/// A system interface (WASI 0.2) beside the contract, for interpreters that were built to have one. Off unless the hospital
/// grants it by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wasi {
    /// It holds nothing: clocks stand still at the call's `now`, random numbers follow from the call's coins, what is
    /// written is thrown away; no input, argument, variable, file, socket or HTTP.
    Deterministic,
}

/// The limits of one invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The class.
    pub class: LimitClass,
    /// Fuel: about one unit per wasm instruction, and host work is charged too.
    pub fuel: u64,
    /// Bytes of linear memory, all memories together.
    pub memory: u64,
    /// Table elements, all tables together.
    pub table_elements: u64,
    /// Core instances inside the component.
    pub core_instances: u32,
    /// Linear memories.
    pub memories: u32,
    /// Tables.
    pub tables: u32,
    /// Live handles.
    pub handles: u32,
    /// Bytes of one transfer in either direction.
    pub transfer: u64,
}

/// Why limits were not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// More fuel than the class has, or none.
    #[error("limits.fuel: 1 to {most} in this class")]
    Fuel {
        /// The class's most.
        most: u64,
    },
    /// More memory than the class has, less than 1 MiB, or not a size.
    #[error("limits.memory: a size such as \"32 MiB\", 1 MiB to {most_mib} MiB in this class")]
    Memory {
        /// The class's most.
        most_mib: u64,
    },
}

const MIB: u64 = 1 << 20;

/// The most rows of one view. A need with more is not obtainable: a part of it would pass for all of it.
pub const MOST_ROWS: usize = 10_000;

/// The most bytes of one view, what one transfer to a guest may hold.
pub const MOST_ROW_BYTES: usize = 4 << 20;

impl Limits {
    /// The defaults of a class; `memory` and `fuel` are also its most, so a manifest can only ask for less.
    #[must_use]
    pub fn of(class: LimitClass) -> Self {
        let compiled = Self {
            class,
            fuel: 50_000_000,
            memory: 32 * MIB,
            table_elements: 10_000,
            core_instances: 8,
            memories: 2,
            tables: 4,
            handles: 1_024,
            transfer: 4 * MIB,
        };
        match class {
            LimitClass::Compiled => compiled,
            LimitClass::Interpreted => Self {
                fuel: 500_000_000,
                memory: 128 * MIB,
                table_elements: 50_000,
                core_instances: 200,
                memories: 8,
                tables: 60,
                ..compiled
            },
        }
    }

    /// The limits a manifest asks for: its class's defaults, or less.
    ///
    /// # Errors
    /// [`LimitError`] when a figure is outside its class.
    pub fn from_manifest(
        class: Option<LimitClass>,
        fuel: Option<u64>,
        memory: Option<&str>,
    ) -> Result<Self, LimitError> {
        let mut limits = Self::of(class.unwrap_or(LimitClass::Compiled));
        if let Some(fuel) = fuel {
            if fuel == 0 || fuel > limits.fuel {
                return Err(LimitError::Fuel { most: limits.fuel });
            }
            limits.fuel = fuel;
        }
        if let Some(text) = memory {
            let wrong = LimitError::Memory { most_mib: limits.memory / MIB };
            let mib: u64 = text.strip_suffix(" MiB").and_then(|n| n.parse().ok()).ok_or_else(|| wrong.clone())?;
            if mib == 0 || mib > limits.memory / MIB {
                return Err(wrong);
            }
            limits.memory = mib * MIB;
        }
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_cannot_ask_for_more_than_its_class() {
        assert!(Limits::from_manifest(None, Some(50_000_001), None).is_err());
        assert!(Limits::from_manifest(None, None, Some("33 MiB")).is_err());
        assert!(Limits::from_manifest(None, None, Some("32MB")).is_err());
        let limits = Limits::from_manifest(None, Some(1_000), Some("16 MiB")).unwrap();
        assert_eq!((limits.fuel, limits.memory), (1_000, 16 * MIB));
    }
}
