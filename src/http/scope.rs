//! What a token may do.

/// A right; each holds those before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// Look.
    Read,
    /// Switch bots, complete tasks.
    Operate,
    /// Change definitions and people.
    Admin,
}

impl Scope {
    /// Every right.
    pub const ALL: [Scope; 3] = [Scope::Read, Scope::Operate, Scope::Admin];

    /// Its stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Operate => "operate",
            Scope::Admin => "admin",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    /// Whether a token with these stored rights may do this.
    pub fn is_in(self, stored: &[String]) -> bool {
        stored
            .iter()
            .filter_map(|name| Scope::parse(name))
            .any(|held| held >= self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_holds_those_before_it() {
        let held = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        assert!(Scope::Read.is_in(&held(&["operate"])));
        assert!(!Scope::Admin.is_in(&held(&["operate"])));
        assert!(!Scope::Read.is_in(&held(&["nonsense"])));
        assert!(Scope::Admin.is_in(&held(&["read", "admin"])));
    }
}
