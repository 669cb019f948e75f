//! Reading JSON into the generated types.
//!
//! A type says, for a member's name, into which [`Slot`] its value goes; one reader does the rest for all types. So the
//! code of a plugin does not grow with a copy of the reader for each type, as it would with derived `Deserialize`.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::{Date, Decimal};

/// A FHIR R4 resource type that a view can be read as.
pub trait Resource: Fields + Default {
    /// The `resourceType`.
    const TYPE: &'static str;
}

/// A type with members. Only types of this crate are.
pub trait Fields {
    /// Where the value of a member goes.
    #[doc(hidden)]
    fn slot(&mut self, key: &str) -> Slot<'_>;
}

/// Where a value goes.
#[doc(hidden)]
pub enum Slot<'a> {
    /// A text.
    Text(&'a mut String),
    /// `true` or `false`.
    Truth(&'a mut bool),
    /// A FHIR `integer`.
    Integer(&'a mut i32),
    /// A FHIR `positiveInt` or `unsignedInt`.
    Unsigned(&'a mut u32),
    /// A decimal with its text.
    Decimal(&'a mut Decimal),
    /// An object.
    Object(&'a mut dyn Fields),
    /// A repeating element.
    List(&'a mut dyn Grow),
    /// An optional element; `null` counts as absent.
    Optional(&'a mut dyn Grow),
    /// A member that nobody asked for.
    Skip,
    /// A choice element that is given twice: it says two things, so the row counts as unreadable.
    Twice,
}

/// What a value can be put into: an empty option, or one more place in a list.
#[doc(hidden)]
pub trait Grow {
    /// A new place.
    fn grow(&mut self) -> Slot<'_>;
    /// Whether places take numbers. These are read as text, so that decimals keep theirs.
    fn takes_numbers(&self) -> bool;
}

/// A value that can be read.
pub(crate) trait Value {
    const IS_NUMBER: bool = false;
    fn empty() -> Self;
    fn slot(&mut self) -> Slot<'_>;
}

impl<T: Value> Grow for Option<T> {
    fn grow(&mut self) -> Slot<'_> {
        self.insert(T::empty()).slot()
    }

    fn takes_numbers(&self) -> bool {
        T::IS_NUMBER
    }
}

impl<T: Value> Grow for Vec<T> {
    fn grow(&mut self) -> Slot<'_> {
        self.push(T::empty());
        // INVARIANT: the vector has just grown.
        self.last_mut().map_or(Slot::Skip, T::slot)
    }

    fn takes_numbers(&self) -> bool {
        T::IS_NUMBER
    }
}

macro_rules! value {
    ($type:ty, $is_number:expr, $empty:expr, $value:ident => $slot:expr) => {
        impl Value for $type {
            const IS_NUMBER: bool = $is_number;

            fn empty() -> Self {
                $empty
            }

            fn slot(&mut self) -> Slot<'_> {
                let $value = self;
                $slot
            }
        }
    };
}

value!(String, false, Self::new(), text => Slot::Text(text));
value!(Date, false, Self::new(""), date => Slot::Text(date.text_mut()));
value!(bool, false, false, truth => Slot::Truth(truth));
value!(i32, true, 0, number => Slot::Integer(number));
value!(u32, true, 0, number => Slot::Unsigned(number));
value!(Decimal, true, Self::zero(), number => Slot::Decimal(number));

impl<T: Value> Value for Box<T> {
    fn empty() -> Self {
        Self::new(T::empty())
    }

    fn slot(&mut self) -> Slot<'_> {
        T::slot(self)
    }
}

/// Makes a type with members a value.
macro_rules! object {
    ($name:ident) => {
        impl crate::json::Value for $name {
            fn empty() -> Self {
                Self::default()
            }

            fn slot(&mut self) -> Slot<'_> {
                Slot::Object(self)
            }
        }
    };
}
pub(crate) use object;

/// The slot of one spelling of a choice element.
macro_rules! choice {
    ($slot:expr, $choice:ident, $variant:ident) => {
        if $slot.is_some() {
            Slot::Twice
        } else if let $choice::$variant(value) = $slot.insert($choice::$variant(crate::json::Value::empty())) {
            crate::json::Value::slot(value)
        } else {
            Slot::Twice
        }
    };
}
pub(crate) use choice;

/// Reads one value into its slot. Not generic, so there is one of it.
struct Reader<'a>(Slot<'a>);

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.0 {
            Slot::Decimal(_) | Slot::Integer(_) | Slot::Unsigned(_) => self.number(deserializer),
            Slot::Optional(ref place) if place.takes_numbers() => self.number(deserializer),
            Slot::Skip => IgnoredAny::deserialize(deserializer).map(drop),
            Slot::Twice => Err(D::Error::custom("a choice element is given twice")),
            Slot::Text(_) | Slot::Truth(_) | Slot::Object(_) | Slot::List(_) | Slot::Optional(_) => {
                deserializer.deserialize_any(self)
            }
        }
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("what FHIR R4 has here")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        if matches!(self.0, Slot::Optional(_) | Slot::List(_)) { Ok(()) } else { Err(E::custom("null")) }
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        let Slot::Truth(place) = self.place() else { return Err(E::custom("true or false")) };
        *place = value;
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        let Slot::Text(place) = self.place() else { return Err(E::custom("a text")) };
        place.push_str(value);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Slot::Object(object) = self.place() else { return Err(A::Error::custom("an object")) };
        while let Some(key) = map.next_key::<String>()? {
            map.next_value_seed(Reader(object.slot(&key)))?;
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut entries: S) -> Result<(), S::Error> {
        let Slot::List(list) = self.0 else { return Err(S::Error::custom("a list")) };
        while entries.next_element_seed(Reader(Slot::Optional(list)))?.is_some() {}
        Ok(())
    }
}

impl<'a> Reader<'a> {
    /// Reads a number by its text.
    fn number<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let done = match (raw.get(), self.0) {
            ("null", Slot::Optional(_)) => Some(()),
            (text, slot) => put_number(text, Reader(slot).place()),
        };
        done.ok_or_else(|| D::Error::custom("not the number that FHIR R4 has here"))
    }

    /// The place for a value that is not `null`.
    fn place(self) -> Slot<'a> {
        if let Slot::Optional(place) = self.0 { place.grow() } else { self.0 }
    }
}

fn put_number(text: &str, place: Slot<'_>) -> Option<()> {
    match place {
        Slot::Decimal(place) => *place = Decimal::parse(text)?,
        Slot::Integer(place) => *place = text.parse().ok()?,
        Slot::Unsigned(place) => *place = text.parse().ok()?,
        Slot::Text(_) | Slot::Truth(_) | Slot::Object(_) | Slot::List(_) => return None,
        Slot::Optional(_) | Slot::Skip | Slot::Twice => return None,
    }
    Some(())
}

/// The `resourceType` of a row.
#[derive(Default)]
struct Kind {
    resource_type: Option<String>,
}

impl Fields for Kind {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "resourceType" => Slot::Optional(&mut self.resource_type),
            _ => Slot::Skip,
        }
    }
}

/// Reads a row as `T`; `None` if it is a resource of another type.
pub(crate) fn read_row<T: Resource>(row: &str) -> Result<Option<T>, serde_json::Error> {
    let mut kind = Kind::default();
    read_object(row, &mut kind)?;
    match kind.resource_type {
        Some(name) if name == T::TYPE => {
            let mut value = T::default();
            read_object(row, &mut value).map(|()| Some(value))
        }
        Some(_) => Ok(None),
        None => Err(serde_json::Error::custom("a row has no resourceType")),
    }
}

/// Reads one object.
pub(crate) fn read_object(text: &str, object: &mut dyn Fields) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Reader(Slot::Object(object)).deserialize(&mut deserializer)?;
    deserializer.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::r4::{Observation, ObservationValue, Patient};

    #[test]
    fn unknown_members_are_passed_over_and_null_is_absent() {
        let text = r#"{"resourceType":"Patient","birthDate":null,"gender":"female","x":{"y":[1,{}]}}"#;
        let patient: Patient = read_row(text).unwrap().unwrap();
        assert_eq!((patient.gender.as_deref(), patient.birth_date), (Some("female"), None));
    }

    #[test]
    fn nulls_in_a_list_of_primitives_are_passed_over() {
        let text = r#"{"resourceType":"Patient","name":[{"given":[null,"Ada"],"_given":[{"id":"x"},null]}]}"#;
        let patient: Patient = read_row(text).unwrap().unwrap();
        assert_eq!(patient.name[0].given, ["Ada"]);
    }

    #[test]
    fn a_decimal_keeps_its_text_through_nested_elements() {
        let text = r#"{"resourceType":"Observation","component":[{"valueQuantity":{"value":13.50}}]}"#;
        let row: Observation = read_row(text).unwrap().unwrap();
        let Some(ObservationValue::Quantity(quantity)) = &row.component[0].value else { panic!() };
        assert_eq!(quantity.value.as_ref().unwrap().text(), "13.50");
    }

    #[test]
    fn integers_texts_and_truths_are_read_strictly() {
        let read =
            |text: &str| read_row::<Patient>(&format!(r#"{{"resourceType":"Patient",{text}}}"#)).map(Option::unwrap);
        let patient = read(r#""active":true,"multipleBirthInteger":2,"telecom":[{"rank":1}]"#).unwrap();
        assert_eq!((patient.active, patient.telecom[0].rank), (Some(true), Some(1)));
        assert_eq!(patient.multiple_birth, Some(crate::r4::PatientMultipleBirth::Integer(2)));
        for text in
            [r#""active":"true""#, r#""telecom":[{"rank":-1}]"#, r#""gender":1"#, r#""name":{}"#, r#""name":[[]]"#]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_follows_the_object_makes_the_row_unreadable() {
        assert!(read_row::<Patient>(r#"{"resourceType":"Patient"} x"#).is_err());
    }

    #[test]
    fn two_values_of_one_choice_make_the_row_unreadable() {
        let text = r#"{"resourceType":"Observation","valueString":"high","valueQuantity":{"value":1}}"#;
        assert!(read_row::<Observation>(text).is_err());
    }

    #[test]
    fn a_row_of_another_type_is_none_and_one_without_type_is_an_error() {
        assert!(read_row::<Observation>(r#"{"resourceType":"Patient"}"#).unwrap().is_none());
        assert!(read_row::<Observation>("{}").is_err());
        assert!(read_row::<Observation>("[1]").is_err());
    }
}
