//! What a desk keeps for a plugin, for the time of one call: the cells and data packs that the case gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use cordon_core::cells::{CellKey, CellWrite, Held};
use cordon_core::ids::{Digest, EntryName, PluginId, TenantId};
use cordon_core::manifest::Manifest;
use cordon_core::message::PackData;
use cordon_core::ports::{Kept, KeptError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a cell holds, in a case or a report: `{"text": "…"}` or, for what is no text, `{"hex": "00ff"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct CellBytes(Vec<u8>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Written {
    Text(String),
    Hex(String),
}

impl TryFrom<Written> for CellBytes {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        const WRONG: &str = "hex: an even number of hexadecimal digits";
        let hex = match written {
            Written::Text(text) => return Ok(Self(text.into_bytes())),
            Written::Hex(hex) => hex,
        };
        let digits: Vec<u8> =
            hex.chars().map(|digit| digit.to_digit(16)?.try_into().ok()).collect::<Option<_>>().ok_or(WRONG)?;
        let pairs = digits.chunks(2).map(|pair| match pair {
            [high, low] => Ok(high << 4 | low),
            _ => Err(WRONG),
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }
}

impl From<CellBytes> for Written {
    fn from(cell: CellBytes) -> Self {
        match String::from_utf8(cell.0) {
            Ok(text) if !text.chars().any(char::is_control) => Self::Text(text),
            Ok(text) => Self::Hex(hex(text.as_bytes())),
            Err(error) => Self::Hex(hex(error.as_bytes())),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What cells hold, by name.
pub(crate) type Cells = BTreeMap<EntryName, Option<CellBytes>>;

/// Cells and packs of one case.
pub(crate) struct Shelf<'a> {
    pub(crate) cells: &'a Cells,
    pub(crate) packs: &'a BTreeMap<EntryName, Value>,
}

impl Kept for Shelf<'_> {
    fn cells(&self, _: &CellKey) -> Result<BTreeMap<EntryName, Held>, KeptError> {
        let held = |(name, cell): (&EntryName, &Option<CellBytes>)| {
            Some((name.clone(), Held { version: 1, bytes: cell.as_ref()?.0.clone() }))
        };
        Ok(self.cells.iter().filter_map(held).collect())
    }

    fn pack(&self, _: &TenantId, _: &PluginId, name: &EntryName) -> Result<Option<Arc<PackData>>, KeptError> {
        let pack = |contents: &Value| {
            let bytes = contents.to_string().into_bytes();
            Arc::new(PackData { version: "case".to_owned(), digest: Digest::of(&bytes), bytes })
        };
        Ok(self.packs.get(name).map(pack))
    }
}

/// What the cells hold after a call: what the case gave, and over it what was written.
pub(crate) fn after(given: &Cells, writes: Vec<CellWrite>) -> Cells {
    let mut cells = given.clone();
    cells.extend(writes.into_iter().map(|write| (write.name, write.bytes.map(CellBytes))));
    cells
}

/// Cells and packs that the case gives and the manifest does not have room for.
pub(crate) fn misgiven(manifest: &Manifest, cells: &Cells, packs: &BTreeMap<EntryName, Value>) -> Vec<String> {
    let cell = |(name, cell): (&EntryName, &Option<CellBytes>)| {
        let length = cell.as_ref().map_or(0, |cell| cell.0.len());
        match manifest.cells.get(name) {
            None => Some(format!("the case gives the cell \"{name}\", which no [[cell]] of plugin.toml declares")),
            Some(declared) if length > usize::try_from(declared.size.bytes()).unwrap_or(0) => Some(format!(
                "the case gives {length} bytes for the cell `{name}`, whose size is {}: it is given as empty",
                declared.size.bytes()
            )),
            Some(_) => None,
        }
    };
    let unknown = packs.keys().filter(|name| !manifest.packs.contains_key(*name));
    let pack =
        unknown.map(|name| format!("the case gives the pack \"{name}\", which no [[pack]] of plugin.toml declares"));
    cells.iter().filter_map(cell).chain(pack).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<CellBytes, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn a_cell_is_written_as_text_or_in_hexadecimal_digits_and_in_no_third_way() {
        assert_eq!(read(json!({"text": "Ä1"})), Ok(CellBytes("Ä1".into())));
        assert_eq!(read(json!({"hex": "00fF"})), Ok(CellBytes(vec![0, 255])));
        for wrong in
            [json!({"hex": "0"}), json!({"hex": "+1"}), json!({"hex": "0g"}), json!("00"), json!({"base64": ""})]
        {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_cell_prints_as_it_can_be_read() {
        for (bytes, written) in [
            (b"four".to_vec(), json!({"text": "four"})),
            (vec![0, 255], json!({"hex": "00ff"})),
            (vec![10], json!({"hex": "0a"})),
        ] {
            assert_eq!(serde_json::to_value(CellBytes(bytes)).unwrap(), written);
        }
    }
}
