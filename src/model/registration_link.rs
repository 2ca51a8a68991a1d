//! Links `https://t.me/NAME?start=…` that register whoever opens them (D23).

use serde::{Deserialize, Serialize};

use super::ids::{BotCode, LinkId, Moment};
use super::party::{PartyKind, PartyRef};

/// Whom a link makes of the person who opens it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkGrant {
    /// This party.
    Party(PartyRef),
    /// A party made for him, with his name in Telegram.
    New {
        /// In which catalog.
        kind: PartyKind,
        /// The groups of a user.
        groups: Vec<String>,
    },
}

/// A link. It is found by the hash of the secret in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RegistrationLink {
    /// Its number.
    pub id: LinkId,
    /// The bot it leads to.
    pub bot: BotCode,
    /// SHA-256 of the secret, in hex.
    pub hash: String,
    /// The secret itself, sealed with the installation's key, for the QR code; gone when the link lets in
    /// nobody any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    /// Whom it makes of people.
    pub grant: LinkGrant,
    /// How many people it lets in.
    pub limit: u32,
    /// How many it has let in.
    pub used: u32,
    /// From when on it lets in nobody.
    pub expires_at: Moment,
    /// When it was made.
    pub created_at: Moment,
    /// By whom, in the text form of [`By`](super::By).
    pub created_by: String,
    /// When it was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Moment>,
    /// Counts its changes; the optimistic lock.
    pub version: i64,
}

impl RegistrationLink {
    /// Whether it lets somebody in at this moment.
    pub fn lets_in(&self, now: Moment) -> bool {
        self.revoked_at.is_none() && self.used < self.limit && now < self.expires_at
    }
}
