//! The card profile: what a plugin may write on a card.

/// Why a card was refused. What the plugin wrote is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// More than the profile has room for.
    #[error("too many {0}")]
    TooMany(&'static str),
    /// Nothing where something is needed.
    #[error("no {0}")]
    Empty(&'static str),
    /// The same twice.
    #[error("repeated {0}")]
    Repeated(&'static str),
    /// Not in the manifest, or not in view.
    #[error("{0} is not listed")]
    Unlisted(&'static str),
    /// Longer than the profile allows.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// A character that no card may hold.
    #[error("{0} holds a character that a card may not hold")]
    Character(&'static str),
}

/// The most bytes of a card's detail, as the plugin wrote it.
pub const MOST_DETAIL: usize = 4_096;

/// One line of plain text.
///
/// # Errors
/// [`ProfileError`].
pub fn line(text: &str, most: usize) -> Result<String, ProfileError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ProfileError::Empty("text"));
    }
    if text.chars().count() > most {
        return Err(ProfileError::TooLong("text"));
    }
    if text.contains(char::is_control) {
        return Err(ProfileError::Character("text"));
    }
    Ok(text.to_owned())
}

/// Markdown.
///
/// # Errors
/// [`ProfileError`].
pub fn markdown(text: &str) -> Result<String, ProfileError> {
    if text.len() > MOST_DETAIL {
        return Err(ProfileError::TooLong("detail"));
    }
    Ok(text.chars().filter(|c| c.is_alphanumeric() || " .,%()\n".contains(*c)).collect())
}
