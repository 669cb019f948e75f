//! Where in `plugin.toml` something stands, so that a message can name the line.

use cordon_core::manifest::ManifestError;

/// A manifest's error with the line to look at, if one can be named.
pub(crate) fn located(text: &str, error: &ManifestError) -> String {
    let line = match error {
        // The reader of TOML names it.
        ManifestError::Shape(_) => None,
        ManifestError::Wit { .. } => line_of(text, "wit", None),
        ManifestError::Scope { need, .. }
        | ManifestError::PrefetchToken { need }
        | ManifestError::Element { need, .. } => line_of(text, "name", Some(need.as_str())),
        ManifestError::Rule(rule) => quoted(rule).and_then(|name| line_of(text, "name", Some(name))),
    };
    match line {
        Some(line) => format!("plugin.toml line {line}: {error}"),
        None => format!("plugin.toml: {error}"),
    }
}

/// The first line that sets this key, to this text if one is given.
pub(crate) fn line_of(text: &str, key: &str, value: Option<&str>) -> Option<usize> {
    let sets = |line: &str| {
        let (found, rest) = line.split_once('=')?;
        let named = value.is_none_or(|value| rest.trim_start().starts_with(&format!("\"{value}\"")));
        (found.trim() == key && named).then_some(())
    };
    text.lines().position(|line| sets(line).is_some()).map(|at| at.saturating_add(1))
}

fn quoted(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}

#[cfg(test)]
mod tests {
    use cordon_core::ids::PluginId;
    use cordon_core::manifest::Manifest;

    use super::*;
    use crate::language::Language;
    use crate::template::files;

    #[test]
    fn a_broken_need_and_a_wrong_contract_name_their_line() {
        let wrong = |from: &str, to: &str| {
            let made = files(&PluginId::new("org.example.x").unwrap(), Language::Rust);
            let (_, text) = made.into_iter().find(|(path, _)| path == "plugin.toml").unwrap();
            let text = String::from_utf8(text).unwrap();
            assert!(text.contains(from), "{from}");
            let text = text.replacen(from, to, 1);
            located(&text, &Manifest::parse(&text).unwrap_err())
        };
        assert!(
            wrong("patient/Obs", "user/Obs").starts_with("plugin.toml line 22: need `potassium`"),
            "{}",
            wrong("patient/Obs", "user/Obs")
        );
        assert!(wrong("@0.3.0", "@0.9.0").starts_with("plugin.toml line 6: made for"), "{}", wrong("@0.3.0", "@0.9.0"));
        assert!(wrong("newest = 5", "newest = 0").starts_with("plugin.toml line 22: "));
        assert!(wrong("newest = 5", "latest = 5").contains("line 25: "), "{}", wrong("newest = 5", "latest = 5"));
    }
}
