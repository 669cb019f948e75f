//! Which rows of a view to keep.

use crate::Date;

/// Which rows to keep: fields are joined by AND, the entries of a list by OR, and what is empty keeps all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    pub(crate) codes: Vec<(String, String)>,
    pub(crate) category: Option<String>,
    pub(crate) since: Option<String>,
    pub(crate) until: Option<String>,
    pub(crate) statuses: Vec<String>,
}

impl Selection {
    /// Keeps all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps rows whose `code` (or `medicationCodeableConcept`, `vaccineCode`) holds this code, or another one given.
    /// An empty system matches any.
    #[must_use]
    pub fn code(mut self, system: &str, code: &str) -> Self {
        self.codes.push((system.to_owned(), code.to_owned()));
        self
    }

    /// Keeps rows with this `category` code, in any system.
    #[must_use]
    pub fn category(mut self, code: &str) -> Self {
        self.category = Some(code.to_owned());
        self
    }

    /// Keeps rows dated at or after this date.
    #[must_use]
    pub fn since(mut self, date: &Date) -> Self {
        self.since = Some(date.text().to_owned());
        self
    }

    /// Keeps rows dated before or at this date.
    #[must_use]
    pub fn until(mut self, date: &Date) -> Self {
        self.until = Some(date.text().to_owned());
        self
    }

    /// Keeps rows with this `status`, or another one given.
    #[must_use]
    pub fn status(mut self, status: &str) -> Self {
        self.statuses.push(status.to_owned());
        self
    }
}
