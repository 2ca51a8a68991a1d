//! People.

/// A person, or what Telegram uses in a person's place for channels and anonymous admins.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: i64,
    pub(crate) first_name: String,
    pub(crate) last_name: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) language: String,
    pub(crate) is_bot: bool,
}

impl Person {
    /// Somebody whose name was not told.
    pub(super) fn new(id: i64) -> Self {
        Self {
            id,
            first_name: format!("Человек {id}"),
            last_name: None,
            username: None,
            language: "ru".into(),
            is_bot: false,
        }
    }

    pub(crate) fn full_name(&self) -> String {
        match &self.last_name {
            Some(last) => format!("{} {last}", self.first_name),
            None => self.first_name.clone(),
        }
    }

    /// Sets the name: the first word is the first name.
    pub(crate) fn rename(&mut self, name: &str) {
        let (first, last) = name.trim().split_once(' ').unwrap_or((name.trim(), ""));
        if !first.is_empty() {
            first.clone_into(&mut self.first_name);
            self.last_name = (!last.trim().is_empty()).then(|| last.trim().to_owned());
        }
    }
}
